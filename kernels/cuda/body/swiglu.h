// SwigluTask: a team for kColumns columns of a row.
#pragma once

#include "kernels/cuda/elementary.h"
#include "kernels/cuda/tasks.h"
#include "kernels/cuda/team.h"

namespace gyre::kernels::cuda {

template <typename Out>
struct SwigluBody {
  using Task = SwigluTask;
  static constexpr int kThreads = 128;
  static constexpr int64_t kColumns = 4 * kThreads;
  struct Shared {};
  static Grid GridOf(const Task& task) {
    return {.x = task.rows, .y = (task.size + kColumns - 1) / kColumns};
  }

  template <typename Team>
  GYRE_ON_DEVICE static void Run(const Team& team, Shared&, const Task& task, const Place& place) {
    const float* gate = task.gate_up + place.x * 2 * task.size;
    const float* up = gate + task.size;
    Out* y = static_cast<Out*>(task.y) + place.x * task.size;
    const int64_t end = Smaller()((place.y + 1) * kColumns, task.size);
    team.Phase([&](int thread) {
      for (int64_t i = place.y * kColumns + thread; i < end; i += kThreads) {
        const float sigmoid = 1.0f / (1.0f + Exp(0.0f - gate[i]));
        Store(gate[i] * sigmoid * up[i], y + i);
      }
    });
  }
};

}  // namespace gyre::kernels::cuda
