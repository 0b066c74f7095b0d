// Draws from a distribution of which only the likeliest tokens are left: what `sample` of the
// kernel table is for the whole vocabulary. Over kernels whose bits no form changes, so its own are
// the same on every processor.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/kernel_table.h"
#include "kernels/on_device.h"

namespace gyre::kernels {

// Which tokens of p = softmax(logits / temperature) stay, as in transformers' warpers, one after
// the other: those with one of the top_k largest logits (all that equal the last of them); of
// those, renormalised, the fewest likeliest ones whose probabilities sum to top_p or more (of equal
// ones the lowest ids); of those, all whose probability is min_p times the largest one's or more.
struct Truncation {
  int32_t top_k = 0;   // 0: all; else at least 1
  float top_p = 1.0f;  // in [0, 1]
  float min_p = 0.0f;  // in [0, 1]

  GYRE_ON_DEVICE bool KeepsAll() const { return top_k == 0 && top_p >= 1.0f && min_p <= 0.0f; }
};

// Memory of one thread; grows to the largest vocabulary and stays.
class TruncatedSampler {
 public:
  // Draws as KernelTable::sample does, from what is left, renormalised; `logprob` is the token's
  // there, plain_logprob that at temperature 1 over the whole vocabulary. Temperature 0 is
  // KernelTable::sample's. A vocabulary that Truncation keeps whole is best left to that, too.
  SampledToken Sample(const KernelTable& kernels, const float* logits, int64_t vocabulary,
                      float temperature, const Truncation& truncation, float uniform);

 private:
  // A token is left if its `below` is larger than cut_, or equal and its id at most last_id_ …
  bool IsLeft(int64_t token) const;

  void Weigh(const KernelTable& kernels, const float* logits, int64_t vocabulary,
             float inverse_temperature);
  void CutToCount(int64_t count);
  void CutToMass(double share);
  void CutToWeight(float least);
  // The tokens of a bucket that are left, likeliest first.
  void ListBucket(int64_t bucket);

  int64_t vocabulary_ = 0;
  std::vector<float> below_;    // [vocabulary]: l - max, l the scaled logits
  std::vector<float> weights_;  // [vocabulary]: exp(below)
  std::vector<int32_t> counts_;
  std::vector<double> masses_;
  std::vector<int32_t> listed_;
  float cut_ = 0;
  int32_t last_id_ = 0;
  float least_weight_ = 0;  // … and its weight at least this
};

}  // namespace gyre::kernels
