// Draws from what a Truncation leaves (kernels/truncated_sample.h says what that is). A cut is a
// distance below the largest logit; it is found by halving the range of its bits, with one sum over
// the vocabulary a step, so that nothing is sorted. Where the CPU sums in another order, both sum
// in double: the tokens are the same but for a point within such a rounding.
#pragma once

#include <cstdint>

#include "kernels/cuda/body/inverse_draw.h"
#include "kernels/cuda/elementary.h"
#include "kernels/cuda/tasks.h"
#include "kernels/cuda/team.h"

namespace gyre::kernels::cuda {

// All of a team's threads have the same one. No member may be called within a phase, except the
// const ones without a team.
class TruncatedDraw {
 public:
  GYRE_ON_DEVICE TruncatedDraw(const float* logits, int64_t vocabulary, float scale, float max)
      : logits_(logits), vocabulary_(vocabulary), scale_(scale), max_(max) {}

  template <typename Team>
  GYRE_ON_DEVICE void Cut(const Team& team, DrawMemory& shared, const Truncation& truncation) {
    if (truncation.top_k > 0 && truncation.top_k < vocabulary_)
      cut_ = CutOfCount(team, shared, truncation.top_k);
    if (truncation.top_p < 1.0f) CutToMass(team, shared, static_cast<double>(truncation.top_p));
    least_weight_ = truncation.min_p;
  }

  // plain_logprob is left to the caller.
  template <typename Team>
  GYRE_ON_DEVICE SampledToken Draw(const Team& team, DrawMemory& shared, float uniform) const {
    const int64_t stretch = Stretch();
    team.Phase([&](int thread) {
      double mass = 0.0;
      const int64_t end = Smaller()((thread + 1) * stretch, vocabulary_);
      for (int64_t i = thread * stretch; i < end; ++i)
        if (IsLeft(i)) mass = mass + static_cast<double>(Weight(i));
      shared.masses[thread + 1] = mass;
    });
    SumInOrder(team, shared, kVocabularyThreads);
    const double total = team.Agreed(shared.masses[kVocabularyThreads]);
    team.Phase([&](int thread) {
      if (thread != 0) return;
      const double point = static_cast<double>(uniform) * total;
      const int64_t s = StretchOf(shared, kVocabularyThreads, point);
      const int64_t end = Smaller()((s + 1) * stretch, vocabulary_);
      double cumulative = shared.masses[s];
      int64_t last = 0;
      for (int64_t i = s * stretch; i < end && cumulative <= point; ++i) {
        const float weight = Weight(i);
        if (weight == 0.0f || !IsLeft(i)) continue;
        last = i;
        cumulative = cumulative + static_cast<double>(weight);
      }
      shared.token = static_cast<int32_t>(last);
    });
    SampledToken drawn;
    drawn.token = team.Agreed(shared.token);
    drawn.logprob =
        total == 0.0 ? __builtin_nanf("") : Below(drawn.token) - Log(static_cast<float>(total));
    return drawn;
  }

 private:
  static constexpr uint32_t kInfinitelyFar = 0x7F800000u;

  // Consecutive tokens of one thread.
  GYRE_ON_DEVICE int64_t Stretch() const {
    return (vocabulary_ + kVocabularyThreads - 1) / kVocabularyThreads;
  }

  GYRE_ON_DEVICE float Below(int64_t i) const {
    const float below = logits_[i] * scale_ - max_;
    return below <= 0.0f ? below : -__builtin_inff();  // not a number
  }
  GYRE_ON_DEVICE float Weight(int64_t i) const { return Exp(Below(i)); }
  // -Below(i) as bits, which are in order as numbers that are not negative are.
  GYRE_ON_DEVICE uint32_t Distance(int64_t i) const {
    const float below = Below(i);
    uint32_t bits;
    __builtin_memcpy(&bits, &below, sizeof bits);
    return bits & 0x7FFFFFFFu;
  }
  GYRE_ON_DEVICE bool IsLeft(int64_t i) const {
    const uint32_t distance = Distance(i);
    return (distance < cut_ || (distance == cut_ && i <= last_id_)) && Weight(i) >= least_weight_;
  }

  // How many tokens are no farther than `distance`.
  template <typename Team>
  GYRE_ON_DEVICE int64_t Count(const Team& team, DrawMemory& shared, uint32_t distance) const {
    team.Phase([&](int thread) {
      int32_t count = 0;
      for (int64_t i = thread; i < vocabulary_; i += kVocabularyThreads)
        if (Distance(i) <= distance) ++count;
      shared.counts[thread] = count;
    });
    return Join<kVocabularyThreads>(team, shared.counts, Add());
  }

  // The mass of the tokens that are left and nearer than `distance`.
  template <typename Team>
  GYRE_ON_DEVICE double MassNearer(const Team& team, DrawMemory& shared, uint32_t distance) const {
    team.Phase([&](int thread) {
      double mass = 0.0;
      for (int64_t i = thread; i < vocabulary_; i += kVocabularyThreads)
        if (Distance(i) < distance && IsLeft(i)) mass = mass + static_cast<double>(Weight(i));
      shared.masses[thread] = mass;
    });
    return Join<kVocabularyThreads>(team, shared.masses, Add());
  }

  // The smallest distance within which there are `count` tokens.
  template <typename Team>
  GYRE_ON_DEVICE uint32_t CutOfCount(const Team& team, DrawMemory& shared, int64_t count) const {
    uint32_t low = 0;
    uint32_t high = kInfinitelyFar;
    while (low < high) {
      const uint32_t middle = low + (high - low) / 2;
      if (Count(team, shared, middle) >= count) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  // Keeps the fewest nearest of the tokens left whose mass is `share` of theirs or more.
  template <typename Team>
  GYRE_ON_DEVICE void CutToMass(const Team& team, DrawMemory& shared, double share) {
    const double wanted = share * MassNearer(team, shared, kInfinitelyFar);
    uint32_t low = 0;
    uint32_t high = cut_;
    while (low < high) {
      const uint32_t middle = low + (high - low) / 2;
      if (MassNearer(team, shared, middle + 1) >= wanted) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    const double nearer = MassNearer(team, shared, low);
    cut_ = low;
    last_id_ = LastOfMass(team, shared, nearer, wanted);
  }

  // Of the tokens just as far as cut_, in order of id, the one with which `mass` reaches what is
  // wanted. Rounding may leave none: then all of them stay.
  template <typename Team>
  GYRE_ON_DEVICE int32_t LastOfMass(const Team& team, DrawMemory& shared, double mass,
                                    double wanted) const {
    const int64_t stretch = Stretch();
    team.Phase([&](int thread) {
      int32_t count = 0;
      const int64_t end = Smaller()((thread + 1) * stretch, vocabulary_);
      for (int64_t i = thread * stretch; i < end; ++i)
        if (Distance(i) == cut_) ++count;
      shared.counts[thread] = count;
    });
    team.Phase([&](int thread) {
      if (thread != 0) return;
      shared.token = kNoToken;
      double reached = mass;
      for (int s = 0; s < kVocabularyThreads && shared.token == kNoToken; ++s) {
        if (shared.counts[s] == 0) continue;
        const int64_t end = Smaller()((s + 1) * stretch, vocabulary_);
        for (int64_t i = s * stretch; i < end && shared.token == kNoToken; ++i) {
          if (Distance(i) != cut_) continue;
          reached = reached + static_cast<double>(Weight(i));
          if (reached >= wanted) shared.token = static_cast<int32_t>(i);
        }
      }
    });
    return team.Agreed(shared.token);
  }

  const float* logits_;
  int64_t vocabulary_;
  float scale_;
  float max_;
  // Left are the tokens nearer than cut_, those as far whose id is at most last_id_; of these, the
  // ones that weigh no less than least_weight_.
  uint32_t cut_ = kInfinitelyFar;
  int32_t last_id_ = kNoToken;
  float least_weight_ = 0.0f;
};

}  // namespace gyre::kernels::cuda
