// Makes the bytes of GGUF files, sound ones and others.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "weights/gguf_metadata.h"

namespace gyre::weights {

template <typename T>
std::string BytesOf(T value) {
  std::string bytes(sizeof(T), '\0');
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

inline std::string GgufString(std::string_view text) {
  return BytesOf<uint64_t>(text.size()) + std::string(text);
}

class GgufBuilder {
 public:
  GgufBuilder& Raw(std::string_view key, GgufValueType type, const std::string& bytes) {
    values_ += GgufString(key) + BytesOf(static_cast<uint32_t>(type)) + bytes;
    ++num_values;
    return *this;
  }
  GgufBuilder& Uint32(std::string_view key, uint32_t value) {
    return Raw(key, GgufValueType::kUint32, BytesOf(value));
  }
  GgufBuilder& Float(std::string_view key, float value) {
    return Raw(key, GgufValueType::kFloat32, BytesOf(value));
  }
  GgufBuilder& String(std::string_view key, std::string_view value) {
    return Raw(key, GgufValueType::kString, GgufString(value));
  }
  GgufBuilder& Strings(std::string_view key, const std::vector<std::string>& values) {
    std::string bytes =
        BytesOf(static_cast<uint32_t>(GgufValueType::kString)) + BytesOf<uint64_t>(values.size());
    for (const std::string& value : values) bytes += GgufString(value);
    return Raw(key, GgufValueType::kArray, bytes);
  }

  // `dimensions` as in the file: the innermost first. The data follows that of the tensor before.
  GgufBuilder& Tensor(std::string_view name, const std::vector<uint64_t>& dimensions, uint32_t type,
                      const std::string& data) {
    data_.resize((data_.size() + alignment - 1) / alignment * alignment, '\0');
    TensorHeader(name, dimensions, type, data_.size());
    data_ += data;
    return *this;
  }
  GgufBuilder& TensorHeader(std::string_view name, const std::vector<uint64_t>& dimensions,
                            uint32_t type, uint64_t offset) {
    tensors_ += GgufString(name) + BytesOf(static_cast<uint32_t>(dimensions.size()));
    for (const uint64_t dimension : dimensions) tensors_ += BytesOf(dimension);
    tensors_ += BytesOf(type) + BytesOf(offset);
    ++num_tensors;
    return *this;
  }

  std::string Bytes() const {
    std::string bytes = "GGUF" + BytesOf(version) + BytesOf(num_tensors) + BytesOf(num_values);
    bytes += values_ + tensors_;
    bytes.resize((bytes.size() + alignment - 1) / alignment * alignment, '\0');
    return bytes + data_;
  }

  // What a hostile file says of itself.
  uint32_t version = 3;
  uint64_t num_tensors = 0;
  uint64_t num_values = 0;
  size_t alignment = 32;  // does not write general.alignment

 private:
  std::string values_;
  std::string tensors_;
  std::string data_;
};

}  // namespace gyre::weights
