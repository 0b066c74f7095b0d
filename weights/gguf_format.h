#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "weights/ggml_type.h"
#include "weights/gguf_metadata.h"

namespace gyre::weights {

// A named tensor in the bytes of a GGUF file.
struct GgufTensor {
  std::string name;
  GgmlType type = GgmlType::kF32;
  std::vector<int64_t> shape;  // row-major, as Hugging Face counts: the file has it the other way
  std::string_view bytes;

  int64_t num_elements() const;
};

// What the bytes of a GGUF file say. All views point into those bytes.
struct GgufContent {
  GgufMetadata metadata;
  std::vector<GgufTensor> tensors;  // in the order of their data
};

// Reads a whole file of version 3: "GGUF" | u32 version | u64 tensors | u64 keys | keys and values
// | tensor headers | padding | data. Any bytes are safe to give, and no count in them makes this
// allocate more than a small multiple of their size. INVALID_ARGUMENT says what is wrong and names
// the key or the tensor: a header that is cut off, a key or a tensor given twice, a number of
// elements that overflows or does not divide into blocks, data that is not aligned, overlaps,
// leaves a hole, or ends before or behind the file's end. UNIMPLEMENTED: another version, a
// big-endian file, an element type that is not in GgmlType.
absl::StatusOr<GgufContent> ParseGguf(std::string_view bytes);

}  // namespace gyre::weights
