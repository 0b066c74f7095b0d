// BiasTask: a team a row.
#pragma once

#include "kernels/cuda/tasks.h"
#include "kernels/cuda/team.h"

namespace gyre::kernels::cuda {

struct BiasBody {
  using Task = BiasTask;
  static constexpr int kThreads = 128;
  struct Shared {};
  static Grid GridOf(const Task& task) { return {.x = task.rows}; }

  template <typename Team>
  GYRE_ON_DEVICE static void Run(const Team& team, Shared&, const Task& task, const Place& place) {
    float* x = task.x + place.x * task.x_stride;
    team.Phase([&](int thread) {
      for (int64_t i = thread; i < task.size; i += kThreads) x[i] = x[i] + task.bias[i];
    });
  }
};

}  // namespace gyre::kernels::cuda
