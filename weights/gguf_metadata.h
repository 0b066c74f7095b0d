// The key-value part of a GGUF file. Values stay where they are in the file's bytes; what is read
// of them has been checked to be there.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace gyre::weights {

// By their numbers in the file.
enum class GgufValueType : uint32_t {
  kUint8 = 0,
  kInt8 = 1,
  kUint16 = 2,
  kInt16 = 3,
  kUint32 = 4,
  kInt32 = 5,
  kFloat32 = 6,
  kBool = 7,
  kString = 8,
  kArray = 9,
  kUint64 = 10,
  kInt64 = 11,
  kFloat64 = 12,
};

struct GgufValue {
  GgufValueType type = GgufValueType::kUint8;
  // A number's bytes; a string's text; an array's elements, each as in the file.
  std::string_view bytes;
  GgufValueType element_type = GgufValueType::kUint8;  // of an array
  uint64_t count = 0;                                  // of an array
};

// Copies are views of the same bytes. Immutable, thread-safe. Errors are INVALID_ARGUMENT and name
// the key; a key that is absent is no error: the answer is then nothing.
class GgufMetadata {
 public:
  GgufMetadata() = default;
  explicit GgufMetadata(std::map<std::string, GgufValue, std::less<>> values)
      : values_(std::move(values)) {}

  bool Has(std::string_view key) const { return values_.contains(key); }

  // Of any type of whole number; one beyond int64_t is an error.
  absl::StatusOr<std::optional<int64_t>> Integer(std::string_view key) const;
  // Of any type of number.
  absl::StatusOr<std::optional<double>> Number(std::string_view key) const;
  absl::StatusOr<std::optional<bool>> Bool(std::string_view key) const;
  absl::StatusOr<std::optional<std::string>> String(std::string_view key) const;
  // Empty: absent or without elements.
  absl::StatusOr<std::vector<std::string>> Strings(std::string_view key) const;
  absl::StatusOr<std::vector<int64_t>> Integers(std::string_view key) const;

 private:
  const GgufValue* Find(std::string_view key) const;

  std::map<std::string, GgufValue, std::less<>> values_;
};

// Bytes of a number or a bool; none for strings and arrays.
std::optional<uint64_t> GgufSizeOf(GgufValueType type);

}  // namespace gyre::weights
