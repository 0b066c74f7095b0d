#include "weights/gguf_rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "weights/ggml_type.h"
#include "weights/gguf_names.h"
#include "weights/quoted.h"
#include "weights/tensor_view.h"

namespace gyre::weights {
namespace {

// Divisors are f32 and come from f32 frequencies.
constexpr double kTolerance = 1e-4;

// What the frequency theta^(-2i / head_size) is divided by.
double Divisor(const ModelConfig& config, const RopeScaling& scaling, size_t i) {
  const double exponent = -2.0 * static_cast<double>(i) / static_cast<double>(config.head_size);
  const double turns = static_cast<double>(scaling.original_max_positions) *
                       std::pow(config.rope_theta, exponent) / (2 * std::numbers::pi);
  if (turns < scaling.low_freq_factor) return scaling.factor;
  if (turns > scaling.high_freq_factor) return 1;
  const double kept =
      (turns - scaling.low_freq_factor) / (scaling.high_freq_factor - scaling.low_freq_factor);
  return 1 / ((1 - kept) / scaling.factor + kept);
}

absl::Status CheckScalingKeys(const GgufMetadata& metadata, const ModelConfig& config) {
  const std::string prefix = absl::StrCat(std::string(ModelTypeOf(config.family)), ".rope.");
  const std::string type_key = prefix + "scaling.type";
  GYRE_ASSIGN_OR_RETURN(const std::optional<std::string> type, metadata.String(type_key));
  if (type.has_value() && *type != "none") {
    return absl::UnimplementedError(
        absl::StrCat("metadata \"", type_key, "\" is ", Quoted(*type), ", which is not supported"));
  }
  for (const char* name : {"scaling.factor", "scale_linear"}) {
    const std::string key = prefix + name;
    GYRE_ASSIGN_OR_RETURN(const std::optional<double> factor, metadata.Number(key));
    if (factor.has_value() && *factor != 1 && *factor != 0) {
      return absl::UnimplementedError(
          absl::StrCat("metadata \"", key, "\" is ", *factor, ", which is not supported"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::optional<RopeScaling>> ReadGgufRopeScaling(const GgufFile& file,
                                                               const ModelConfig& config) {
  GYRE_RETURN_IF_ERROR(CheckScalingKeys(file.metadata(), config));
  const GgufTensor* tensor = file.Find(kGgufRopeDivisors);
  if (tensor == nullptr) return std::nullopt;
  if (tensor->shape != std::vector<int64_t>{config.head_size / 2}) {
    return absl::InvalidArgumentError(absl::StrCat("tensor \"", tensor->name, "\" has the shape ",
                                                   ShapeText(tensor->shape), "; it must be [",
                                                   config.head_size / 2, "]"));
  }
  std::vector<float> divisors(static_cast<size_t>(tensor->num_elements()));
  Dequantize(tensor->type, tensor->bytes, divisors);
  // The numbers of Llama 3.1, 3.2 and 3.3, which differ in the factor only.
  RopeScaling scaling;
  scaling.factor = static_cast<double>(*std::max_element(divisors.begin(), divisors.end()));
  bool recognized = std::isfinite(scaling.factor) && scaling.factor >= 1;
  for (size_t i = 0; recognized && i < divisors.size(); ++i) {
    const double expected = Divisor(config, scaling, i);
    recognized = std::abs(static_cast<double>(divisors[i]) - expected) <= kTolerance * expected;
  }
  if (!recognized) {
    return absl::UnimplementedError(
        absl::StrCat("tensor \"", tensor->name,
                     "\" is not Llama 3's stretch of RoPE, the only one that is supported"));
  }
  if (scaling.factor == 1) return std::nullopt;
  return scaling;
}

}  // namespace gyre::weights
