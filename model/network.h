// THE forward pass of a network (weights/model_family.h) on the CPU, of which there is no other:
// the engine generates with it, the trainer takes its activations from it (model/log_probs.h). It
// works on rows. A row is one token at one position of one sequence; rows of any sequences, phases
// (prefill, decode, training) and numbers may stand in one call, in any order. All of it is
// kernels/, whose result for a row does not depend on the rows beside it, so a row's hidden state
// and log-probabilities have the same bits however its sequence was cut into calls
// (tests/model/forward_bits_test.cc).
//
//   embedding → layers { RMSNorm, q k v (qwen2: with biases; qwen3: each head of q and k through an
//   RMSNorm), RoPE, keys and values into the row's block, attention over
//   the sequence so far, o, residual, RMSNorm, SwiGLU, down, residual } → final RMSNorm → head
//
// Threads: const methods may be called from several threads, each with a ForwardScratch of its own,
// whose team, if it has one, shares the work of a call. Repack excludes all others. To swap weights
// under a running engine, keep two networks and repack the idle one.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "kernels/kernel_table.h"
#include "kernels/kv_layout.h"
#include "kernels/packed_matrix.h"
#include "kernels/rope_table.h"
#include "model/compute.h"
#include "model/dense_rows.h"
#include "model/float_buffer.h"
#include "model/parameters.h"

namespace gyre::model {

// One token to be computed.
struct NetworkRow {
  int32_t token = 0;
  int32_t position = 0;  // in its sequence, below config.max_positions
  // The sequence's cache: ⌈(position + 1) / kBlockTokens⌉ pointers or more. A block holds
  // kernels::KvLayout's keys and values of kBlockTokens positions for layer 0, then (layer_stride
  // floats on) for layer 1, and so on; where a call has its sequences whole, layer_stride may be 0,
  // and one layer's memory serves all in turn. The call writes this position and reads all up to
  // it, which earlier calls or other rows of this call have written. Rows that stand side by side
  // and have the same pointer here share work in attention.
  float* const* blocks = nullptr;
};

// Working memory of one thread that runs forward passes; grows to the largest call and stays. With
// it go the team that shares the work (null: the thread is alone) and where to note what it took.
class ForwardScratch {
 public:
  explicit ForwardScratch(base::ThreadTeam* team = nullptr, WorkSeconds* seconds = nullptr)
      : team_(team), seconds_(seconds) {}

 private:
  friend class PackedNetwork;
  base::ThreadTeam* team_;
  WorkSeconds* seconds_;
  FloatBuffer floats_;  // of a chunk of rows
  FloatBuffer rows_;    // of all rows of a call
  std::vector<int32_t> positions_;
  std::vector<kernels::AttentionRow> attention_rows_;
  int64_t longest_ = 0;        // of the attention rows
  int64_t total_lengths_ = 0;  // of all of them
};

// Where one layer's forward pass over T rows writes, which is what its backward pass needs. In the
// trainer all stand, and none overlaps another. Where the activations are not needed (the engine),
// the residual streams are one and the pointers marked "or null" are null.
struct LayerActivations {
  const float* x_in = nullptr;  // [T][hidden], the residual stream that enters: read
  float* inv_rms_in = nullptr;  // [T] or null
  float* qk = nullptr;  // [T][(heads + kv_heads)·head_size], before the heads' norms, or null
  float* inv_rms_qk = nullptr;   // [T][heads + kv_heads] or null; both only where has_qk_norm
  float* qkv = nullptr;          // [T][(heads + 2·kv_heads)·head_size], after RoPE
  float* attention = nullptr;    // [T][heads·head_size]
  float* lse = nullptr;          // [T][heads] or null
  float* x_mid = nullptr;        // [T][hidden], after the attention's residual
  float* inv_rms_mid = nullptr;  // [T] or null
  float* gate_up = nullptr;      // [T][2·intermediate] or null
  float* x_out = nullptr;        // [T][hidden]
};

// Each [rows] or null.
struct LogProbOutputs {
  float* log_probs = nullptr;
  float* entropies = nullptr;  // nats
  float* logsumexp = nullptr;  // of the scaled logits; for the backward pass
};

class PackedNetwork {
 public:
  // Packs the parameters at once. `kernels` lives as long as the process.
  PackedNetwork(const Parameters& parameters, const kernels::KernelTable& kernels);

  // From new parameters of the same config; reuses memory. Costs about as much as copying them.
  void Repack(const Parameters& parameters);

  const weights::ModelConfig& config() const { return layout_->config(); }
  const kernels::KernelTable& kernels() const { return *kernels_; }
  kernels::KvLayout kv_layout() const;
  // Floats of a block that holds all layers one after the other (layer_stride = FloatsPerBlock()).
  int64_t FloatsPerBlockOfAllLayers() const;

  // The residual stream that leaves the last layer, before the final norm, into
  // hidden[rows][hidden].
  void Forward(absl::Span<const NetworkRow> rows, int64_t layer_stride, ForwardScratch& scratch,
               float* hidden) const;

  // Final norm and head for hidden[chosen[i]] into logits[i][vocab]; logits_stride floats from one
  // row to the next, at least vocab_size.
  void Logits(const float* hidden, absl::Span<const int32_t> chosen, ForwardScratch& scratch,
              float* logits, int64_t logits_stride) const;

  // The log-probability of targets[i] at hidden[chosen[i]] under softmax(logits ·
  // inverse_temperature), and the entropy of that distribution. Works in chunks of
  // LogitsChunkRows(); logits of all rows are never in memory. The same bits as `sample` gives.
  void LogProbs(const float* hidden, absl::Span<const int32_t> chosen,
                absl::Span<const int32_t> targets, float inverse_temperature,
                ForwardScratch& scratch, const LogProbOutputs& outputs) const;
  int64_t LogitsChunkRows() const;

  // The kernels, shared by the scratch's team.
  Compute ComputeFor(const ForwardScratch& scratch) const {
    return {*kernels_, scratch.team_, scratch.seconds_};
  }

  // ---- For the training pass: what Forward is made of -------------------------------------------

  // x[rows][hidden] = the tokens' embeddings.
  void Embed(absl::Span<const NetworkRow> rows, float* x) const;
  // Once before the layers: takes the rows into `scratch`, which is then used for nothing else.
  void PrepareRows(absl::Span<const NetworkRow> rows, ForwardScratch& scratch) const;
  // For the rows that were prepared.
  void ForwardLayer(int64_t index, int64_t layer_stride, ForwardScratch& scratch,
                    const LayerActivations& activations) const;

  // normed[rows][hidden], after the final norm, into logits[rows][vocab].
  void HeadLogits(const float* normed, int64_t rows, float* logits) const {
    Linear(*kernels_, normed, rows, head_, logits);
  }

  int64_t q_size() const { return config().num_heads * config().head_size; }
  int64_t qkv_size() const {
    return (config().num_heads + 2 * config().num_kv_heads) * config().head_size;
  }
  // The part of a row of q, k, v that is turned by RoPE, and normed where has_qk_norm.
  int64_t qk_size() const {
    return (config().num_heads + config().num_kv_heads) * config().head_size;
  }
  const kernels::RopeTable& rope() const { return rope_; }

 private:
  struct PackedLayer {
    kernels::PackedMatrix qkv;
    kernels::PackedMatrix o;
    kernels::PackedMatrix gate_up;
    kernels::PackedMatrix down;
    RmsNorm input_norm;
    RmsNorm post_norm;
    std::vector<float> qkv_bias;  // empty: none
    RmsNorm q_norm;               // only where has_qk_norm
    RmsNorm k_norm;
  };

  void QueriesKeysValues(const PackedLayer& layer, const LayerActivations& activations,
                         const ForwardScratch& scratch, int64_t block_offset, int64_t first,
                         int64_t rows, float* normed) const;
  // Each head of q and k through its norm, for rows first..end-1.
  void NormHeads(const PackedLayer& layer, const LayerActivations& activations, int64_t first,
                 int64_t end) const;
  // What stands between that matrix product and attention, for rows first..end-1: turns queries and
  // keys by their positions, takes keys and values into the cache.
  void PlaceRows(const ForwardScratch& scratch, int64_t block_offset, int64_t first, int64_t end,
                 float* qkv) const;
  void Attention(const ForwardScratch& scratch, int64_t block_offset,
                 float* attention_scratch) const;
  void RestOfLayer(const PackedLayer& layer, const LayerActivations& activations,
                   const ForwardScratch& scratch, int64_t first, int64_t rows, float* normed,
                   float* gate_up, float* act) const;

  std::shared_ptr<const ParameterLayout> layout_;
  const kernels::KernelTable* kernels_;
  kernels::RopeTable rope_;
  std::vector<float> embedding_;  // empty if it is the head's
  std::vector<PackedLayer> layers_;
  RmsNorm final_norm_;
  kernels::PackedMatrix head_;
};

}  // namespace gyre::model
