#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace gyre::weights {

// Element types of safetensors files, by their names there.
enum class DType {
  kBool,
  kU8,
  kI8,
  kF8E5M2,
  kF8E4M3,
  kI16,
  kU16,
  kF16,
  kBF16,
  kI32,
  kU32,
  kF32,
  kI64,
  kU64,
  kF64,
};

// "F32" …
std::string_view DTypeName(DType dtype);
std::optional<DType> DTypeFromName(std::string_view name);
int64_t DTypeSizeBytes(DType dtype);

}  // namespace gyre::weights
