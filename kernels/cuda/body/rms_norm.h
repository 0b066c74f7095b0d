// RmsNormTask: a team a group of a row. The squares are summed by index mod kThreads and a tree.
#pragma once

#include "kernels/cuda/elementary.h"
#include "kernels/cuda/tasks.h"
#include "kernels/cuda/team.h"

namespace gyre::kernels::cuda {

template <typename Out>
struct RmsNormBody {
  using Task = RmsNormTask;
  static constexpr int kThreads = 128;
  struct Shared {
    float sums[kThreads];
  };
  static Grid GridOf(const Task& task) { return {.x = task.rows, .y = task.groups}; }

  template <typename Team>
  GYRE_ON_DEVICE static void Run(const Team& team, Shared& shared, const Task& task,
                                 const Place& place) {
    const int64_t row = task.chosen == nullptr ? place.x : task.chosen[place.x];
    const float* x = task.x + row * task.x_stride + place.y * task.size;
    Out* y = static_cast<Out*>(task.y) + place.x * task.y_stride + place.y * task.size;
    team.Phase([&](int thread) {
      float sum = 0.0f;
      for (int64_t i = thread; i < task.size; i += kThreads) sum = Fma(x[i], x[i], sum);
      shared.sums[thread] = sum;
    });
    const float squares = Join<kThreads>(team, shared.sums, Add());
    const float mean = squares / static_cast<float>(task.size);
    const float inv_rms = 1.0f / __builtin_sqrtf(mean + task.epsilon);
    team.Phase([&](int thread) {
      for (int64_t i = thread; i < task.size; i += kThreads)
        Store(x[i] * inv_rms * task.weight[i], y + i);
    });
  }
};

}  // namespace gyre::kernels::cuda
