// The cases of attention in bench/kernels.cc.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/kernel_timing.h"
#include "kernels/kernel_table.h"

namespace gyre::kernels {

class AttentionCases {
 public:
  explicit AttentionCases(KernelTiming& timing) : timing_(timing) {}

  void Decode(const std::string& name, int64_t sequences, int32_t heads, int32_t kv_heads,
              int32_t size, int32_t length) {
    const KvLayout layout = {kv_heads, size};
    const int64_t num_blocks = BlocksOf(length);
    Floats cache(sequences * num_blocks * layout.FloatsPerBlock()), q(sequences * heads * size),
        out(sequences * heads * size);
    Floats scratch(AttentionScratchFloats(length));
    std::vector<std::vector<const float*>> blocks(static_cast<size_t>(sequences));
    std::vector<AttentionRow> rows;
    for (int64_t s = 0; s < sequences; ++s) {
      for (int64_t b = 0; b < num_blocks; ++b)
        blocks[static_cast<size_t>(s)].push_back(cache.data() +
                                                 (s * num_blocks + b) * layout.FloatsPerBlock());
      rows.push_back({.q = q.data() + s * heads * size,
                      .out = out.data() + s * heads * size,
                      .blocks = blocks[static_cast<size_t>(s)].data(),
                      .length = length});
    }
    timing_.Time("attention decode " + name,
                 4.0 * static_cast<double>(sequences * length * heads * size), "GFLOP/s", [&] {
                   timing_.kernels().attention({.layout = layout,
                                                .heads = heads,
                                                .rows = rows.data(),
                                                .num_rows = sequences,
                                                .scratch = scratch.data()});
                 });
  }

  void Sequence(const std::string& name, int32_t heads, int32_t kv_heads, int32_t size,
                int32_t length) {
    const KvLayout layout = {kv_heads, size};
    const int64_t num_blocks = BlocksOf(length), q_size = heads * size, kv_size = kv_heads * size;
    Floats cache(num_blocks * layout.FloatsPerBlock()), q(length * q_size), k(length * kv_size),
        v(length * kv_size);
    Floats out(length * q_size), dout(length * q_size), dq(length * q_size), dk(length * kv_size),
        dv(length * kv_size);
    Floats lse(length * heads), scratch(AttentionScratchFloats(length));
    Floats backward_scratch(AttentionBackwardScratchFloats(length, size));
    std::vector<const float*> blocks;
    for (int64_t b = 0; b < num_blocks; ++b)
      blocks.push_back(cache.data() + b * layout.FloatsPerBlock());
    std::vector<AttentionRow> rows;
    for (int32_t t = 0; t < length; ++t)
      rows.push_back({.q = q.data() + t * q_size,
                      .out = out.data() + t * q_size,
                      .blocks = blocks.data(),
                      .length = t + 1,
                      .lse = lse.data() + t * heads});
    const double half_square = 0.5 * length * (length + 1.0);
    timing_.Time("attention sequence " + name + ", writing the cache", static_cast<double>(length),
                 "Mtoken/s", [&] {
                   for (int32_t t = 0; t < length; ++t)
                     WriteKv(layout, cache.data() + t / kBlockTokens * layout.FloatsPerBlock(),
                             t % kBlockTokens, k.data() + t * kv_size, v.data() + t * kv_size);
                 });
    timing_.Time("attention sequence " + name, 4.0 * half_square * static_cast<double>(q_size),
                 "GFLOP/s", [&] {
                   timing_.kernels().attention({.layout = layout,
                                                .heads = heads,
                                                .rows = rows.data(),
                                                .num_rows = length,
                                                .scratch = scratch.data()});
                 });
    timing_.Time("attention_backward " + name, 10.0 * half_square * static_cast<double>(q_size),
                 "GFLOP/s", [&] {
                   timing_.kernels().attention_backward({.heads = heads,
                                                         .kv_heads = kv_heads,
                                                         .head_size = size,
                                                         .length = length,
                                                         .q = q.data(),
                                                         .q_stride = q_size,
                                                         .k = k.data(),
                                                         .k_stride = kv_size,
                                                         .v = v.data(),
                                                         .v_stride = kv_size,
                                                         .out = out.data(),
                                                         .out_stride = q_size,
                                                         .dout = dout.data(),
                                                         .dout_stride = q_size,
                                                         .lse = lse.data(),
                                                         .dq = dq.data(),
                                                         .dq_stride = q_size,
                                                         .dk = dk.data(),
                                                         .dk_stride = kv_size,
                                                         .dv = dv.data(),
                                                         .dv_stride = kv_size,
                                                         .scratch = backward_scratch.data()});
                 });
  }

 private:
  KernelTiming& timing_;
};

}  // namespace gyre::kernels
