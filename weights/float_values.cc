#include "weights/float_values.h"

#include <bit>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace gyre::weights {
namespace {

float FromBFloat16(uint16_t bits) { return std::bit_cast<float>(uint32_t{bits} << 16); }

// IEEE 754 binary16.
float FromFloat16(uint16_t bits) {
  const uint32_t sign = uint32_t{bits & 0x8000u} << 16;
  const uint32_t exponent = (bits >> 10) & 0x1F;
  const uint32_t mantissa = bits & 0x3FF;
  if (exponent == 0) {  // zero and subnormals: mantissa · 2^-24
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return std::bit_cast<float>(std::bit_cast<uint32_t>(magnitude) | sign);
  }
  const uint32_t wide_exponent = exponent == 0x1F ? 0xFF : exponent + (127 - 15);
  return std::bit_cast<float>(sign | wide_exponent << 23 | mantissa << 13);
}

template <float (*Convert)(uint16_t)>
void CopyHalves(std::string_view bytes, std::span<float> values) {
  for (size_t i = 0; i < values.size(); ++i) {
    uint16_t bits;
    std::memcpy(&bits, bytes.data() + 2 * i, sizeof(bits));
    values[i] = Convert(bits);
  }
}

}  // namespace

int64_t NumElements(const TensorView& tensor) {
  return static_cast<int64_t>(tensor.bytes.size()) / DTypeSizeBytes(tensor.dtype);
}

absl::Status CopyAsFloat(const TensorView& tensor, std::span<float> values) {
  GYRE_CHECK(static_cast<int64_t>(values.size()) == NumElements(tensor),
             "a tensor is copied to as many places as it has elements");
  if (values.empty()) return absl::OkStatus();
  switch (tensor.dtype) {
    case DType::kF32:
      std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
      return absl::OkStatus();
    case DType::kBF16:
      CopyHalves<FromBFloat16>(tensor.bytes, values);
      return absl::OkStatus();
    case DType::kF16:
      CopyHalves<FromFloat16>(tensor.bytes, values);
      return absl::OkStatus();
    default:
      return absl::UnimplementedError(absl::StrCat("tensor \"", tensor.name, "\" has the dtype ",
                                                   std::string(DTypeName(tensor.dtype)),
                                                   "; weights are F32, BF16 or F16"));
  }
}

}  // namespace gyre::weights
