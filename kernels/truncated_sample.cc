#include "kernels/truncated_sample.h"

#include <algorithm>
#include <limits>

#include "kernels/double_math.h"

namespace gyre::kernels {
namespace {

// Tokens by how far they are below the largest, in steps of 1/32: a cut is found in a bucket
// without sorting the vocabulary. From a distance of 88 on, weights are 0.
constexpr int64_t kBuckets = 88 * 32 + 1;

int64_t BucketOf(float below) {
  const float steps = below * -32.0f;
  return steps < static_cast<float>(kBuckets - 1) ? static_cast<int64_t>(steps) : kBuckets - 1;
}

}  // namespace

bool TruncatedSampler::IsLeft(int64_t token) const {
  const float below = below_[static_cast<size_t>(token)];
  return (below > cut_ || (below == cut_ && token <= last_id_)) &&
         weights_[static_cast<size_t>(token)] >= least_weight_;
}

void TruncatedSampler::Weigh(const KernelTable& kernels, const float* logits, int64_t vocabulary,
                             float inverse_temperature) {
  vocabulary_ = vocabulary;
  below_.resize(static_cast<size_t>(vocabulary));
  weights_.resize(static_cast<size_t>(vocabulary));
  float max = -std::numeric_limits<float>::infinity();
  for (int64_t i = 0; i < vocabulary; ++i) {
    below_[static_cast<size_t>(i)] = logits[i] * inverse_temperature;
    max = std::max(max, below_[static_cast<size_t>(i)]);
  }
  for (float& below : below_) {
    below -= max;
    if (!(below <= 0.0f)) below = -std::numeric_limits<float>::infinity();  // not a number
  }
  kernels.exp(below_.data(), weights_.data(), vocabulary);
  cut_ = -std::numeric_limits<float>::infinity();
  last_id_ = std::numeric_limits<int32_t>::max();
  least_weight_ = 0;
}

void TruncatedSampler::ListBucket(int64_t bucket) {
  listed_.clear();
  for (int64_t i = 0; i < vocabulary_; ++i) {
    if (BucketOf(below_[static_cast<size_t>(i)]) == bucket && IsLeft(i))
      listed_.push_back(static_cast<int32_t>(i));
  }
  std::sort(listed_.begin(), listed_.end(), [this](int32_t a, int32_t b) {
    const float below_a = below_[static_cast<size_t>(a)];
    const float below_b = below_[static_cast<size_t>(b)];
    return below_a != below_b ? below_a > below_b : a < b;
  });
}

void TruncatedSampler::CutToCount(int64_t count) {
  if (count >= vocabulary_) return;
  counts_.assign(kBuckets, 0);
  for (const float below : below_) ++counts_[static_cast<size_t>(BucketOf(below))];
  int64_t bucket = 0;
  while (counts_[static_cast<size_t>(bucket)] < count)
    count -= counts_[static_cast<size_t>(bucket++)];
  ListBucket(bucket);
  cut_ = below_[static_cast<size_t>(listed_[static_cast<size_t>(count - 1)])];
}

void TruncatedSampler::CutToMass(double share) {
  masses_.assign(kBuckets, 0.0);
  double total = 0;
  for (int64_t i = 0; i < vocabulary_; ++i) {
    if (!IsLeft(i)) continue;
    const auto at = static_cast<size_t>(i);
    masses_[static_cast<size_t>(BucketOf(below_[at]))] += static_cast<double>(weights_[at]);
    total += static_cast<double>(weights_[at]);
  }
  const double wanted = share * total;
  double mass = 0;  // of the buckets before
  int64_t bucket = 0;
  for (; bucket + 1 < kBuckets; ++bucket) {
    const double with = mass + masses_[static_cast<size_t>(bucket)];
    if (with >= wanted) break;
    mass = with;
  }
  ListBucket(bucket);
  // Rounding may leave no token at or past the point; then all of the bucket stay.
  for (const int32_t token : listed_) {
    mass += static_cast<double>(weights_[static_cast<size_t>(token)]);
    if (mass < wanted) continue;
    cut_ = below_[static_cast<size_t>(token)];
    last_id_ = token;
    return;
  }
}

SampledToken TruncatedSampler::Sample(const KernelTable& kernels, const float* logits,
                                      int64_t vocabulary, float temperature,
                                      const Truncation& truncation, float uniform) {
  if (temperature == 0.0f) return kernels.sample(logits, vocabulary, temperature, uniform);
  const float inverse = 1.0f / temperature;
  Weigh(kernels, logits, vocabulary, inverse);
  if (truncation.top_k > 0) CutToCount(truncation.top_k);
  if (truncation.top_p < 1.0f) CutToMass(static_cast<double>(truncation.top_p));
  least_weight_ = truncation.min_p;

  double total = 0;
  for (int64_t i = 0; i < vocabulary; ++i)
    if (IsLeft(i)) total += static_cast<double>(weights_[static_cast<size_t>(i)]);
  const double point = static_cast<double>(uniform) * total;
  SampledToken result;
  double cumulative = 0;
  for (int64_t i = 0; i < vocabulary; ++i) {
    const float weight = weights_[static_cast<size_t>(i)];
    if (weight == 0.0f || !IsLeft(i)) continue;
    result.token = static_cast<int32_t>(i);
    cumulative += static_cast<double>(weight);
    if (cumulative > point) break;
  }
  result.logprob =
      total == 0
          ? std::numeric_limits<float>::quiet_NaN()
          : static_cast<float>(static_cast<double>(below_[static_cast<size_t>(result.token)]) -
                               DoubleLog(total));
  kernels.log_softmax({.logits = logits,
                       .logits_stride = vocabulary,
                       .rows = 1,
                       .vocabulary = vocabulary,
                       .targets = &result.token,
                       .logprob = &result.plain_logprob});
  return result;
}

}  // namespace gyre::kernels
