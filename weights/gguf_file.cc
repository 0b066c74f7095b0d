#include "weights/gguf_file.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace gyre::weights {

absl::StatusOr<GgufFile> GgufFile::Open(const std::string& path) {
  GYRE_ASSIGN_OR_RETURN(MappedFile file, MappedFile::Open(path));
  absl::StatusOr<GgufContent> content = ParseGguf(file.bytes());
  if (!content.ok()) {
    return absl::Status(content.status().code(),
                        absl::StrCat(path, ": ", content.status().message()));
  }
  return GgufFile(std::move(file), *std::move(content));
}

const GgufTensor* GgufFile::Find(std::string_view name) const {
  for (const GgufTensor& tensor : tensors()) {
    if (tensor.name == name) return &tensor;
  }
  return nullptr;
}

}  // namespace gyre::weights
