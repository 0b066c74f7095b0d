#pragma once

#include "absl/status/status.h"
#include "kernels/truncated_sample.h"

namespace gyre::engine {

// The distribution that tokens are drawn from: softmax(logits / temperature), of which the
// likeliest tokens may be all that is left.
struct Sampling {
  float temperature = 1.0f;  // 0: greedy
  kernels::Truncation truncation;
};

// INVALID_ARGUMENT names what cannot be sampled with.
absl::Status CheckSampling(const Sampling& sampling);

}  // namespace gyre::engine
