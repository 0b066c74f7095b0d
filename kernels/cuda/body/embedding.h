// EmbeddingTask: a team a row.
#pragma once

#include "kernels/cuda/tasks.h"
#include "kernels/cuda/team.h"

namespace gyre::kernels::cuda {

template <typename Weight>
struct EmbeddingBody {
  using Task = EmbeddingTask;
  static constexpr int kThreads = 128;
  struct Shared {};
  static Grid GridOf(const Task& task) { return {.x = task.rows}; }

  template <typename Team>
  GYRE_ON_DEVICE static void Run(const Team& team, Shared&, const Task& task, const Place& place) {
    const Weight* from = static_cast<const Weight*>(task.table) + task.tokens[place.x] * task.size;
    float* to = task.y + place.x * task.size;
    team.Phase([&](int thread) {
      for (int64_t i = thread; i < task.size; i += kThreads) to[i] = ToFloat(from[i]);
    });
  }
};

}  // namespace gyre::kernels::cuda
