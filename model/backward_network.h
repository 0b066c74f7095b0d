// The backward pass of PackedNetwork's forward pass, layer by layer, on kernels/ too. Input
// gradients are matrix products with the weights packed transposed; weight gradients are added to a
// flat array in ParameterLayout's order. Deterministic: the same rows in the same order give the
// same bits.
//
// Threads: const methods may be called from several threads with memory of their own; Repack
// excludes all others.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "model/dense_rows.h"
#include "model/float_buffer.h"
#include "model/network.h"
#include "model/parameters.h"
#include "model/sequence_batch.h"

namespace gyre::model {

// Working memory of one thread; grows to the largest call and stays.
class BackwardScratch {
 public:
  BackwardScratch() = default;

 private:
  friend class BackwardNetwork;
  FloatBuffer floats_;
  std::vector<int32_t> positions_;
};

class BackwardNetwork {
 public:
  // `forward` is borrowed; both are packed from the same parameters.
  BackwardNetwork(const Parameters& parameters, const PackedNetwork& forward);
  void Repack(const Parameters& parameters);

  // dx[T][hidden]: the gradient of x_out on entry, of x_in on return. The activations are those of
  // ForwardLayer for this batch; gate_up is used up (written over).
  void BackwardLayer(int64_t index, const SequenceBatch& batch, const LayerActivations& activations,
                     BackwardScratch& scratch, float* dx, absl::Span<float> gradients) const;

  // From the gradient by the batch's log-probs, [targets]; hidden[T][hidden] and logsumexp[targets]
  // are the forward pass's. Computes the logits again, chunk by chunk. dx[T][hidden] is written, 0
  // in rows that predict nothing.
  void BackwardLogProbs(const SequenceBatch& batch, const float* hidden, float inverse_temperature,
                        const float* logsumexp, const float* dlog_probs, BackwardScratch& scratch,
                        float* dx, absl::Span<float> gradients) const;

  void BackwardEmbed(const SequenceBatch& batch, const float* dx,
                     absl::Span<float> gradients) const;

 private:
  struct TransposedLayer {
    kernels::PackedMatrix qkv;
    kernels::PackedMatrix o;
    kernels::PackedMatrix gate_up;
    kernels::PackedMatrix down;
    RmsNorm input_norm;
    RmsNorm post_norm;
    RmsNorm q_norm;  // only where has_qk_norm
    RmsNorm k_norm;
  };
  // A layer's call: what its three parts share.
  struct LayerPass;

  void BackwardMlp(const LayerPass& pass, int64_t first, int64_t rows) const;
  void BackwardAttention(const LayerPass& pass, const SequenceBatch& batch) const;
  void BackwardHeadNorms(const LayerPass& pass, int64_t first, int64_t rows) const;
  void BackwardQueriesKeysValues(const LayerPass& pass, int64_t first, int64_t rows) const;

  const weights::ModelConfig& config() const { return layout_->config(); }

  std::shared_ptr<const ParameterLayout> layout_;
  const PackedNetwork& forward_;
  const kernels::KernelTable& kernels_;
  std::vector<TransposedLayer> layers_;
  RmsNorm final_norm_;
  kernels::PackedMatrix head_;
};

}  // namespace gyre::model
