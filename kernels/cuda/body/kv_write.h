// KvWriteTask: a team a row.
#pragma once

#include "kernels/cuda/body/paged.h"
#include "kernels/cuda/team.h"

namespace gyre::kernels::cuda {

template <typename Cached>
struct KvWriteBody {
  using Task = KvWriteTask;
  static constexpr int kThreads = 128;
  struct Shared {};
  static Grid GridOf(const Task& task) { return {.x = task.rows.rows}; }

  template <typename Team>
  GYRE_ON_DEVICE static void Run(const Team& team, Shared&, const Task& task, const Place& place) {
    const int64_t head_size = task.cache.layout.head_size;
    const int64_t size = task.cache.layout.kv_heads * head_size;
    const int64_t position = task.rows.positions[place.x];
    const int64_t in_block = position % kBlockTokens;
    Cached* keys = KeysOfBlock<Cached>(task.cache, task.rows, place.x, position / kBlockTokens, 0);
    Cached* values = keys + size * kBlockTokens;
    const float* k = task.keys + place.x * task.stride;
    const float* v = task.values + place.x * task.stride;
    team.Phase([&](int thread) {
      for (int64_t i = thread; i < size; i += kThreads) {
        Store(k[i], keys + i * kBlockTokens + in_block);
        const int64_t head = i / head_size;
        Store(v[i], values + (head * kBlockTokens + in_block) * head_size + i % head_size);
      }
    });
  }
};

}  // namespace gyre::kernels::cuda
