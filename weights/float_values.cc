#include "weights/float_values.h"

#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "weights/half_floats.h"

namespace gyre::weights {
namespace {

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
