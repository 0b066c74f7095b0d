#include "weights/safetensors_file.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace gyre::weights {

absl::StatusOr<SafetensorsFile> SafetensorsFile::Open(const std::string& path) {
  GYRE_ASSIGN_OR_RETURN(MappedFile file, MappedFile::Open(path));
  absl::StatusOr<SafetensorsContent> content = ParseSafetensors(file.bytes());
  if (!content.ok()) {
    return absl::Status(content.status().code(),
                        absl::StrCat(path, ": ", content.status().message()));
  }
  return SafetensorsFile(std::move(file), *std::move(content));
}

const TensorView* SafetensorsFile::Find(std::string_view name) const {
  for (const TensorView& tensor : content_.tensors) {
    if (tensor.name == name) return &tensor;
  }
  return nullptr;
}

}  // namespace gyre::weights
