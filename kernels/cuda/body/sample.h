// SampleTask: a team a row.
#pragma once

#include "kernels/cuda/body/distribution.h"
#include "kernels/cuda/body/inverse_draw.h"
#include "kernels/cuda/body/truncated_draw.h"
#include "kernels/cuda/tasks.h"
#include "kernels/cuda/team.h"

namespace gyre::kernels::cuda {

struct SampleBody {
  using Task = SampleTask;
  static constexpr int kThreads = kVocabularyThreads;
  using Shared = DrawMemory;
  static Grid GridOf(const Task& task) { return {.x = task.rows}; }

  template <typename Team>
  GYRE_ON_DEVICE static void Run(const Team& team, Shared& shared, const Task& task,
                                 const Place& place) {
    const float* logits = task.logits + place.x * task.vocabulary;
    const RowDraw& draw = task.draws[place.x];
    const SampledToken drawn = Draw(team, shared, logits, task.vocabulary, draw);
    team.Phase([&](int thread) {
      if (thread == 0) task.tokens[place.x] = drawn;
    });
  }

 private:
  template <typename Team>
  GYRE_ON_DEVICE static SampledToken Draw(const Team& team, Shared& shared, const float* logits,
                                          int64_t vocabulary, const RowDraw& draw) {
    const bool greedy = draw.temperature == 0.0f;
    const float inverse = greedy ? 1.0f : 1.0f / draw.temperature;
    const RowDistribution row =
        Distribution<false>(team, shared.lanes, logits, vocabulary, inverse);
    SampledToken drawn;
    if (!greedy && !draw.truncation.KeepsAll()) {
      TruncatedDraw truncated(logits, vocabulary, inverse, row.max);
      truncated.Cut(team, shared, draw.truncation);
      drawn = truncated.Draw(team, shared, draw.uniform);
    } else {
      drawn.token =
          greedy ? ArgMax(team, shared, logits, vocabulary)
                 : DrawByInverse(team, shared, logits, vocabulary, inverse, row.max, draw.uniform);
      drawn.logprob = LogProbability(logits[drawn.token], inverse, row.logsumexp);
    }
    const float plain_logsumexp =
        inverse == 1.0f
            ? row.logsumexp
            : Distribution<false>(team, shared.lanes, logits, vocabulary, 1.0f).logsumexp;
    drawn.plain_logprob = LogProbability(logits[drawn.token], 1.0f, plain_logsumexp);
    return drawn;
  }
};

}  // namespace gyre::kernels::cuda
