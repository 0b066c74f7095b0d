// The first half of AttentionTask: a team for a part of a row's positions and up to kHeads query
// heads that read the same key-value head. Within a part all is as in the CPU's kernel
// (kernels/body/attention.inc): a score is one chain over d, the maximum is exact, the weights'
// sum is by position mod 16 and a tree, an output is one chain over the positions; only the
// division waits for the other parts. What is left of a part, for each head, in task.parts: the
// maximum, the sum, the outputs.
#pragma once

#include "kernels/cuda/body/paged.h"
#include "kernels/cuda/elementary.h"
#include "kernels/cuda/team.h"

namespace gyre::kernels::cuda {

GYRE_ON_DEVICE inline float* PartOf(const AttentionTask& task, int64_t row, int64_t head,
                                    int64_t part) {
  return task.parts +
         ((row * task.heads + head) * task.most_parts + part) * (task.cache.layout.head_size + 2);
}

template <typename Cached>
struct AttentionPartBody {
  using Task = AttentionTask;
  static constexpr int kHeads = 8;
  static constexpr int kLanes = 16;
  static constexpr int kThreads = kHeads * kLanes;
  // Of one thread at a time, so that it reads a value once for several heads.
  static constexpr int kHeadsOfValue = 4;
  struct Shared {
    float q[kHeads][kMostHeadSize];
    float weights[kHeads][kPartPositions];  // the scores, before
    float most[kHeads][kLanes];
    float sums[kHeads][kLanes];
  };

  // The query heads of one team.
  struct Heads {
    int64_t row;
    int64_t kv_head;
    int64_t first;
    int64_t count;
  };

  static int64_t TilesOfKvHead(const Task& task) {
    return (task.heads / task.cache.layout.kv_heads + kHeads - 1) / kHeads;
  }
  static Grid GridOf(const Task& task) {
    return {.x = task.rows.rows,
            .y = task.cache.layout.kv_heads * TilesOfKvHead(task),
            .z = task.most_parts};
  }

  GYRE_ON_DEVICE static Heads HeadsOf(const Task& task, const Place& place) {
    const int64_t group = task.heads / task.cache.layout.kv_heads;
    const int64_t tiles = (group + kHeads - 1) / kHeads;
    const int64_t kv_head = place.y / tiles;
    const int64_t before = place.y % tiles * kHeads;
    return {place.x, kv_head, kv_head * group + before, Smaller()(group - before, int64_t{kHeads})};
  }

  template <typename Team>
  GYRE_ON_DEVICE static void Run(const Team& team, Shared& shared, const Task& task,
                                 const Place& place) {
    const int64_t first = place.z * kPartPositions;
    const int64_t length = task.rows.positions[place.x] + 1;
    if (first >= length) return;
    const int64_t positions = Smaller()(length - first, kPartPositions);
    const Heads heads = HeadsOf(task, place);
    const int64_t size = task.cache.layout.head_size;
    const float* q = task.q + place.x * task.q_stride + heads.first * size;
    team.Phase([&](int thread) {
      for (int64_t i = thread; i < kHeads * size; i += kThreads)
        shared.q[i / size][i % size] = i / size < heads.count ? q[i] : 0.0f;
    });
    team.Phase([&](int thread) { Score(shared, task, heads, first, positions, thread); });
    Weigh(team, shared, positions);
    team.Phase([&](int thread) {
      AddValues(shared, task, heads, place.z, positions, thread);
      const int64_t head = thread / kLanes;
      if (thread % kLanes != 0 || head >= heads.count) return;
      float* part = PartOf(task, heads.row, heads.first + head, place.z);
      part[0] = shared.most[head][0];
      part[1] = shared.sums[head][0];
    });
  }

 private:
  // The scores of the thread's positions, for all heads.
  GYRE_ON_DEVICE static void Score(Shared& shared, const Task& task, const Heads& heads,
                                   int64_t first, int64_t positions, int thread) {
    const int64_t size = task.cache.layout.head_size;
    const float scale = 1.0f / __builtin_sqrtf(static_cast<float>(size));
    for (int64_t p = thread; p < positions; p += kThreads) {
      const Cached* key = KeysOfBlock<const Cached>(task.cache, task.rows, heads.row,
                                                    (first + p) / kBlockTokens, heads.kv_head) +
                          p % kBlockTokens;
      float sum[kHeads] = {};
      for (int64_t d = 0; d < size; ++d) {
        const float value = ToFloat(key[d * kBlockTokens]);
        for (int h = 0; h < kHeads; ++h) sum[h] = Fma(shared.q[h][d], value, sum[h]);
      }
      for (int h = 0; h < kHeads; ++h) shared.weights[h][p] = sum[h] * scale;
    }
  }

  // Scores become weights; most[h][0] and sums[h][0] what their names say. 16 threads a head.
  template <typename Team>
  GYRE_ON_DEVICE static void Weigh(const Team& team, Shared& shared, int64_t positions) {
    team.Phase([&](int thread) {
      const float* scores = shared.weights[thread / kLanes];
      float most = -__builtin_inff();
      for (int64_t p = thread % kLanes; p < positions; p += kLanes)
        most = Larger()(most, scores[p]);
      shared.most[thread / kLanes][thread % kLanes] = most;
    });
    JoinLanes(team, shared.most, Larger());
    team.Phase([&](int thread) {
      float* weights = shared.weights[thread / kLanes];
      const float most = shared.most[thread / kLanes][0];
      float sum = 0.0f;
      for (int64_t p = thread % kLanes; p < positions; p += kLanes) {
        weights[p] = Exp(weights[p] - most);
        sum = sum + weights[p];
      }
      shared.sums[thread / kLanes][thread % kLanes] = sum;
    });
    JoinLanes(team, shared.sums, Add());
  }

  template <typename Team, typename Operation>
  GYRE_ON_DEVICE static void JoinLanes(const Team& team, float (&lanes)[kHeads][kLanes],
                                       Operation operation) {
    for (int half = kLanes / 2; half > 0; half /= 2) {
      team.Phase([&](int thread) {
        float* of_head = lanes[thread / kLanes];
        const int lane = thread % kLanes;
        if (lane < half) of_head[lane] = operation(of_head[lane], of_head[lane + half]);
      });
    }
  }

  // The outputs of the thread's columns, kHeadsOfValue heads at a time.
  GYRE_ON_DEVICE static void AddValues(const Shared& shared, const Task& task, const Heads& heads,
                                       int64_t part, int64_t positions, int thread) {
    const int64_t size = task.cache.layout.head_size;
    const int64_t first_block = part * (kPartPositions / kBlockTokens);
    for (int64_t i = thread; i < size * (kHeads / kHeadsOfValue); i += kThreads) {
      const int64_t column = i % size;
      const int64_t first_head = i / size * kHeadsOfValue;
      if (first_head >= heads.count) return;
      float sum[kHeadsOfValue] = {};
      for (int64_t begin = 0; begin < positions; begin += kBlockTokens) {
        const Cached* value =
            KeysOfBlock<const Cached>(task.cache, task.rows, heads.row,
                                      first_block + begin / kBlockTokens, heads.kv_head) +
            task.cache.layout.ValuesOffset() + column;
        const int64_t end = Smaller()(begin + kBlockTokens, positions);
        for (int64_t p = begin; p < end; ++p, value += size) {
          const float v = ToFloat(*value);
          for (int h = 0; h < kHeadsOfValue; ++h)
            sum[h] = Fma(shared.weights[first_head + h][p], v, sum[h]);
        }
      }
      for (int h = 0; h < kHeadsOfValue; ++h) {
        if (first_head + h < heads.count)
          PartOf(task, heads.row, heads.first + first_head + h, part)[2 + column] = sum[h];
      }
    }
  }
};

}  // namespace gyre::kernels::cuda
