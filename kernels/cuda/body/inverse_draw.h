// Draws by the inverse of the cumulative distribution. All operations that decide the token are
// those of the CPU's `sample` (kernels/body/sample.inc) in the same order, so the same logits give
// the same token: the weights of a stretch of tokens are summed by index mod 16 and a tree, the
// stretches in order in double, and the stretch that holds the point is walked token by token.
#pragma once

#include <cstdint>

#include "kernels/cuda/body/distribution.h"
#include "kernels/cuda/elementary.h"
#include "kernels/cuda/team.h"

namespace gyre::kernels::cuda {

inline constexpr int64_t kMostStretches = 4096;
inline constexpr int32_t kNoToken = 0x7FFFFFFF;

struct DrawMemory {
  float lanes[kVocabularyThreads];
  int32_t counts[kVocabularyThreads];
  double masses[kMostStretches + 1];
  int32_t token;
};

// The largest logit's id, the lowest on ties.
template <typename Team>
GYRE_ON_DEVICE int32_t ArgMax(const Team& team, DrawMemory& shared, const float* logits,
                              int64_t vocabulary) {
  team.Phase([&](int thread) {
    float most = -__builtin_inff();
    for (int64_t i = thread; i < vocabulary; i += kVocabularyThreads)
      most = Larger()(logits[i], most);
    shared.lanes[thread] = most;
  });
  const float max = Join<kVocabularyThreads>(team, shared.lanes, Larger());
  team.Phase([&](int thread) {
    int64_t i = thread;
    while (i < vocabulary && logits[i] != max) i += kVocabularyThreads;
    shared.counts[thread] = i < vocabulary ? static_cast<int32_t>(i) : kNoToken;
  });
  const int32_t token = Join<kVocabularyThreads>(team, shared.counts, Smaller());
  return token == kNoToken ? 0 : token;  // only where all are not a number
}

// masses[s + 1], the mass of stretch s, becomes that of the stretches 0 … s.
template <typename Team>
GYRE_ON_DEVICE void SumInOrder(const Team& team, DrawMemory& shared, int64_t stretches) {
  team.Phase([&](int thread) {
    if (thread != 0) return;
    double before = 0.0;
    shared.masses[0] = before;
    for (int64_t s = 1; s <= stretches; ++s) {
      before = before + shared.masses[s];
      shared.masses[s] = before;
    }
  });
}

// The first stretch that ends past the point, or the last.
GYRE_ON_DEVICE inline int64_t StretchOf(const DrawMemory& shared, int64_t stretches, double point) {
  int64_t low = 0;
  int64_t high = stretches - 1;
  while (low < high) {
    const int64_t middle = (low + high) / 2;
    if (shared.masses[middle + 1] <= point) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// The sum of 16 lanes by the CPU's tree.
GYRE_ON_DEVICE inline float SumOfLanes(float (&lanes)[16]) {
  for (int half = 8; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) lanes[i] = lanes[i] + lanes[i + half];
  return lanes[0];
}

// From the weights exp(logits · scale - max), at `uniform` of their sum.
template <typename Team>
GYRE_ON_DEVICE int32_t DrawByInverse(const Team& team, DrawMemory& shared, const float* logits,
                                     int64_t vocabulary, float scale, float max, float uniform) {
  const int64_t stretch = (vocabulary + 64 * kMostStretches - 1) / (64 * kMostStretches) * 64;
  const int64_t stretches = (vocabulary + stretch - 1) / stretch;
  team.Phase([&](int thread) {
    for (int64_t s = thread; s < stretches; s += kVocabularyThreads) {
      const int64_t end = Smaller()((s + 1) * stretch, vocabulary);
      float lanes[16] = {};
      for (int64_t i = s * stretch; i < end; i += 16) {
        for (int64_t j = 0; j < 16; ++j)
          if (i + j < end) lanes[j] = lanes[j] + Exp(logits[i + j] * scale - max);
      }
      shared.masses[s + 1] = static_cast<double>(SumOfLanes(lanes));
    }
  });
  SumInOrder(team, shared, stretches);
  team.Phase([&](int thread) {
    if (thread != 0) return;
    const double point = static_cast<double>(uniform) * shared.masses[stretches];
    const int64_t s = StretchOf(shared, stretches, point);
    const int64_t end = Smaller()((s + 1) * stretch, vocabulary);
    // Rounding may leave the point past the stretch's own walk; its last token of non-zero weight
    // is then the one.
    double cumulative = shared.masses[s];
    int64_t last = 0;
    for (int64_t i = s * stretch; i < end && cumulative <= point; ++i) {
      const float weight = Exp(logits[i] * scale - max);
      if (weight == 0.0f) continue;
      last = i;
      cumulative = cumulative + static_cast<double>(weight);
    }
    shared.token = static_cast<int32_t>(last);
  });
  return team.Agreed(shared.token);
}

}  // namespace gyre::kernels::cuda
