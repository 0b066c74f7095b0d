// The types of numbers in a device's memory, and how they become f32, in which all is computed.
#pragma once

#include <cstdint>

#include "kernels/on_device.h"

namespace gyre::kernels::cuda {

enum class ElementType { kF32, kBf16 };

inline constexpr int64_t kFloatBytes = sizeof(float);
inline constexpr int64_t kIndexBytes = sizeof(int32_t);
inline constexpr int64_t BytesOf(ElementType type) {
  return type == ElementType::kF32 ? kFloatBytes : kFloatBytes / 2;
}

// The upper half of an f32.
struct Bf16 {
  uint16_t bits;
};

GYRE_ON_DEVICE inline float ToFloat(float x) { return x; }
GYRE_ON_DEVICE inline float ToFloat(Bf16 x) {
  const uint32_t bits = static_cast<uint32_t>(x.bits) << 16;
  float value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}

GYRE_ON_DEVICE inline void Store(float x, float* to) { *to = x; }
// Rounded to the nearest, ties to even; not a number stays so.
GYRE_ON_DEVICE inline void Store(float x, Bf16* to) {
  uint32_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  const bool is_nan = (bits & 0x7FFFFFFFu) > 0x7F800000u;
  const uint32_t rounded = is_nan ? bits | 0x400000u : bits + 0x7FFFu + ((bits >> 16) & 1u);
  to->bits = static_cast<uint16_t>(rounded >> 16);
}

// Calls a function template of an element with the one for `type`.
template <typename Function>
auto WithElement(ElementType type, Function function) {
  return type == ElementType::kF32 ? function.template operator()<float>()
                                   : function.template operator()<Bf16>();
}

}  // namespace gyre::kernels::cuda
