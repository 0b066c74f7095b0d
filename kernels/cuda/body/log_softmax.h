// LogSoftmaxTask: a team a row.
#pragma once

#include "kernels/cuda/body/distribution.h"
#include "kernels/cuda/tasks.h"
#include "kernels/cuda/team.h"

namespace gyre::kernels::cuda {

template <bool kWithEntropy>
struct LogSoftmaxBody {
  using Task = LogSoftmaxTask;
  static constexpr int kThreads = kVocabularyThreads;
  struct Shared {
    float lanes[kThreads];
  };
  static Grid GridOf(const Task& task) { return {.x = task.rows}; }

  template <typename Team>
  GYRE_ON_DEVICE static void Run(const Team& team, Shared& shared, const Task& task,
                                 const Place& place) {
    const int64_t row = place.x;
    const float* logits = task.logits + row * task.vocabulary;
    const RowDistribution distribution = Distribution<kWithEntropy>(
        team, shared.lanes, logits, task.vocabulary, task.inverse_temperature);
    team.Phase([&](int thread) {
      if (thread != 0) return;
      if (task.logsumexp != nullptr) task.logsumexp[row] = distribution.logsumexp;
      if (task.entropy != nullptr) task.entropy[row] = distribution.entropy;
      if (task.logprob != nullptr)
        task.logprob[row] = LogProbability(logits[task.targets[row]], task.inverse_temperature,
                                           distribution.logsumexp);
    });
  }
};

}  // namespace gyre::kernels::cuda
