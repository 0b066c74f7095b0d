#include "engine/sampling.h"

#include <cmath>

#include "absl/strings/str_cat.h"

namespace gyre::engine {

absl::Status CheckSampling(const Sampling& sampling) {
  const float temperature = sampling.temperature;
  if (!(temperature >= 0) || std::isinf(temperature)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the temperature is ", temperature, "; it must be 0 (greedy) or above"));
  }
  if (temperature > 0 && std::isinf(1.0f / temperature)) {
    return absl::InvalidArgumentError(absl::StrCat("the temperature is ", temperature,
                                                   ", too small to divide by; use 0 (greedy)"));
  }
  const kernels::Truncation& truncation = sampling.truncation;
  if (truncation.top_k < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("top_k is ", truncation.top_k, "; it must be 0 (all tokens) or above"));
  }
  if (!(truncation.top_p >= 0 && truncation.top_p <= 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("top_p is ", truncation.top_p, "; it must be from 0 to 1"));
  }
  if (!(truncation.min_p >= 0 && truncation.min_p <= 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("min_p is ", truncation.min_p, "; it must be from 0 to 1"));
  }
  return absl::OkStatus();
}

}  // namespace gyre::engine
