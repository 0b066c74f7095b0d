// The second half of AttentionTask: a team a query head of a row joins the row's parts in order.
// With one part that is the division that it lacked, so the CPU's bits.
#pragma once

#include "kernels/cuda/body/attention_part.h"
#include "kernels/cuda/elementary.h"
#include "kernels/cuda/team.h"

namespace gyre::kernels::cuda {

template <typename Out>
struct AttentionJoinBody {
  using Task = AttentionTask;
  static constexpr int kThreads = 64;
  struct Shared {};
  static Grid GridOf(const Task& task) { return {.x = task.rows.rows, .y = task.heads}; }

  template <typename Team>
  GYRE_ON_DEVICE static void Run(const Team& team, Shared&, const Task& task, const Place& place) {
    const int64_t size = task.cache.layout.head_size;
    const int64_t stride = size + 2;
    const int64_t parts = task.rows.positions[place.x] / kPartPositions + 1;
    const float* part = PartOf(task, place.x, place.y, 0);
    float most = -__builtin_inff();
    for (int64_t i = 0; i < parts; ++i) most = Larger()(most, part[i * stride]);
    float total = 0.0f;
    for (int64_t i = 0; i < parts; ++i)
      total = Fma(Exp(part[i * stride] - most), part[i * stride + 1], total);
    const float inverse = 1.0f / total;
    Out* out = static_cast<Out*>(task.out) + (place.x * task.heads + place.y) * size;
    team.Phase([&](int thread) {
      for (int64_t column = thread; column < size; column += kThreads) {
        float sum = 0.0f;
        for (int64_t i = 0; i < parts; ++i)
          sum = Fma(Exp(part[i * stride] - most), part[i * stride + 2 + column], sum);
        Store(sum * inverse, out + column);
      }
    });
  }
};

}  // namespace gyre::kernels::cuda
