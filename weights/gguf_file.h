#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "weights/gguf_format.h"
#include "weights/mapped_file.h"

namespace gyre::weights {

// An open GGUF file. Tensors are read from disk when they are looked at. Immutable, thread-safe;
// see MappedFile for what must not happen to the file.
class GgufFile {
 public:
  // The errors of MappedFile and ParseGguf, with the path in front.
  static absl::StatusOr<GgufFile> Open(const std::string& path);

  // Valid as long as this object, also when it is moved.
  const GgufMetadata& metadata() const { return content_.metadata; }
  const std::vector<GgufTensor>& tensors() const { return content_.tensors; }

  const std::string& path() const { return file_.path(); }

  // nullptr if there is none.
  const GgufTensor* Find(std::string_view name) const;

 private:
  GgufFile(MappedFile file, GgufContent content)
      : file_(std::move(file)), content_(std::move(content)) {}

  MappedFile file_;
  GgufContent content_;
};

}  // namespace gyre::weights
