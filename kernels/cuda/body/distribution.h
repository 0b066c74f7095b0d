// What the bodies over a row of logits share: softmax(l), l = logits · scale. Sums are by index mod
// kVocabularyThreads and a tree.
#pragma once

#include <cstdint>

#include "kernels/cuda/elementary.h"
#include "kernels/cuda/team.h"

namespace gyre::kernels::cuda {

inline constexpr int kVocabularyThreads = 256;

struct RowDistribution {
  float max;  // of l
  float logsumexp;
  float entropy;  // only when asked for
};

// `lanes` is [kVocabularyThreads] of shared memory. The one place where log-probabilities come
// from, those of drawn tokens, too.
template <bool kWithEntropy, typename Team>
GYRE_ON_DEVICE RowDistribution Distribution(const Team& team, float* lanes, const float* logits,
                                            int64_t vocabulary, float scale) {
  team.Phase([&](int thread) {
    float most = -__builtin_inff();
    for (int64_t i = thread; i < vocabulary; i += kVocabularyThreads)
      most = Larger()(logits[i] * scale, most);
    lanes[thread] = most;
  });
  const float max = Join<kVocabularyThreads>(team, lanes, Larger());
  team.Phase([&](int thread) {
    float sum = 0.0f;
    for (int64_t i = thread; i < vocabulary; i += kVocabularyThreads)
      sum = sum + Exp(logits[i] * scale - max);
    lanes[thread] = sum;
  });
  const float total = Join<kVocabularyThreads>(team, lanes, Add());
  const float log_total = Log(total);
  RowDistribution row = {.max = max, .logsumexp = max + log_total, .entropy = 0.0f};
  if constexpr (kWithEntropy) {
    team.Phase([&](int thread) {
      float weighted = 0.0f;
      for (int64_t i = thread; i < vocabulary; i += kVocabularyThreads) {
        const float below = logits[i] * scale - max;
        weighted = Fma(Exp(below), Larger()(-100.0f, below), weighted);  // exp(-100) is 0
      }
      lanes[thread] = weighted;
    });
    row.entropy = log_total - Join<kVocabularyThreads>(team, lanes, Add()) / total;
  }
  return row;
}

GYRE_ON_DEVICE inline float LogProbability(float logit, float scale, float logsumexp) {
  return logit * scale - logsumexp;
}

}  // namespace gyre::kernels::cuda
