#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "weights/mapped_file.h"
#include "weights/safetensors_format.h"

namespace gyre::weights {

// An open safetensors file. Tensors are read from disk when they are looked at. Immutable,
// thread-safe; see MappedFile for what must not happen to the file.
class SafetensorsFile {
 public:
  // The errors of MappedFile and ParseSafetensors, with the path in front.
  static absl::StatusOr<SafetensorsFile> Open(const std::string& path);

  // In the order of their data; valid as long as this object, also when it is moved.
  const std::vector<TensorView>& tensors() const { return content_.tensors; }
  const std::map<std::string, std::string>& metadata() const { return content_.metadata; }

  const std::string& path() const { return file_.path(); }

  // nullptr if there is none.
  const TensorView* Find(std::string_view name) const;

 private:
  SafetensorsFile(MappedFile file, SafetensorsContent content)
      : file_(std::move(file)), content_(std::move(content)) {}

  MappedFile file_;
  SafetensorsContent content_;
};

}  // namespace gyre::weights
