// RopeTask: a team a row.
#pragma once

#include "kernels/cuda/elementary.h"
#include "kernels/cuda/tasks.h"
#include "kernels/cuda/team.h"

namespace gyre::kernels::cuda {

struct RopeBody {
  using Task = RopeTask;
  static constexpr int kThreads = 128;
  struct Shared {};
  static Grid GridOf(const Task& task) { return {.x = task.rows}; }

  template <typename Team>
  GYRE_ON_DEVICE static void Run(const Team& team, Shared&, const Task& task, const Place& place) {
    const int64_t half = task.head_size / 2;
    const float* cos = task.cos + task.positions[place.x] * half;
    const float* sin = task.sin + task.positions[place.x] * half;
    float* x = task.x + place.x * task.x_stride;
    team.Phase([&](int thread) {
      for (int64_t i = thread; i < task.heads * half; i += kThreads) {
        const int64_t pair = i % half;
        float* at = x + i / half * task.head_size + pair;
        const float first = at[0];
        const float second = at[half];
        at[0] = Fma(-second, sin[pair], first * cos[pair]);
        at[half] = Fma(first, sin[pair], second * cos[pair]);
      }
    });
  }
};

}  // namespace gyre::kernels::cuda
