#include "model/backward_network.h"

#include <algorithm>
#include <cstring>

#include "model/scratch_pieces.h"

namespace gyre::model {
namespace {

// Rows that pass through the matrices of a layer together. Weight gradients are summed chunk by
// chunk, so the number is part of the result's bits.
constexpr int64_t kChunkRows = 128;

}  // namespace

struct BackwardNetwork::LayerPass {
  const TransposedLayer& weights;
  const LayerPlace& place;
  const LayerActivations& activations;
  float* dx;         // [T][hidden]
  float* gradients;  // flat
  // Scratch of a chunk.
  float* normed;   // [chunk][hidden]
  float* dnormed;  // [chunk][hidden]
  float* act;      // [chunk][intermediate]
  float* dact;     // [chunk][intermediate]
  float* ones;     // [chunk]
  // Scratch of all rows.
  float* dattention;  // [T][heads·head_size]
  float* dqkv;        // [T][(heads + 2·kv_heads)·head_size]
  float* attention_scratch;
  const int32_t* positions;  // [T]
};

BackwardNetwork::BackwardNetwork(const Parameters& parameters, const PackedNetwork& forward)
    : layout_(parameters.shared_layout()),
      forward_(forward),
      kernels_(forward.kernels()),
      layers_(static_cast<size_t>(config().num_layers)) {
  Repack(parameters);
}

void BackwardNetwork::Repack(const Parameters& parameters) {
  const weights::ModelConfig& c = config();
  const float* w = parameters.flat().data();
  const int64_t q_size = forward_.q_size();
  const int64_t qkv_size = forward_.qkv_size();
  for (int64_t i = 0; i < c.num_layers; ++i) {
    const LayerPlace& place = layout_->layer(i);
    TransposedLayer& layer = layers_[static_cast<size_t>(i)];
    layer.qkv.PackTransposed(w + place.qkv, c.hidden_size, c.hidden_size, qkv_size);
    layer.o.PackTransposed(w + place.o, q_size, q_size, c.hidden_size);
    layer.gate_up.PackTransposed(w + place.gate_up, c.hidden_size, c.hidden_size,
                                 2 * c.intermediate_size);
    layer.down.PackTransposed(w + place.down, c.intermediate_size, c.intermediate_size,
                              c.hidden_size);
    layer.input_norm = parameters.Norm(place.input_norm);
    layer.post_norm = parameters.Norm(place.post_norm);
    if (c.has_qk_norm()) {
      layer.q_norm = parameters.HeadNorm(place.q_norm);
      layer.k_norm = parameters.HeadNorm(place.k_norm);
    }
  }
  final_norm_ = parameters.Norm(layout_->final_norm());
  head_.PackTransposed(w + layout_->head(), c.hidden_size, c.hidden_size, c.vocab_size);
}

void BackwardNetwork::BackwardMlp(const LayerPass& pass, int64_t first, int64_t rows) const {
  const int64_t hidden = config().hidden_size;
  const int64_t intermediate = config().intermediate_size;
  const int64_t q_size = forward_.q_size();
  const LayerActivations& a = pass.activations;
  const float* x_mid = a.x_mid + first * hidden;
  float* gate_up = a.gate_up + first * 2 * intermediate;  // becomes its gradient
  float* dx = pass.dx + first * hidden;

  Swiglu(kernels_, gate_up, rows, intermediate, pass.act);
  AddWeightGradient(kernels_, dx, hidden, pass.act, intermediate, rows,
                    pass.gradients + pass.place.down);
  Linear(kernels_, dx, rows, pass.weights.down, pass.dact);
  SwigluBackward(kernels_, gate_up, pass.dact, rows, intermediate);
  pass.weights.post_norm.Forward(kernels_, x_mid, rows, pass.normed, nullptr);
  AddWeightGradient(kernels_, gate_up, 2 * intermediate, pass.normed, hidden, rows,
                    pass.gradients + pass.place.gate_up);
  Linear(kernels_, gate_up, rows, pass.weights.gate_up, pass.dnormed);
  pass.weights.post_norm.Backward(kernels_, x_mid, a.inv_rms_mid + first, pass.dnormed, rows, dx,
                                  /*accumulate_dx=*/true, pass.gradients + pass.place.post_norm);

  AddWeightGradient(kernels_, dx, hidden, a.attention + first * q_size, q_size, rows,
                    pass.gradients + pass.place.o);
  Linear(kernels_, dx, rows, pass.weights.o, pass.dattention + first * q_size);
}

void BackwardNetwork::BackwardAttention(const LayerPass& pass, const SequenceBatch& batch) const {
  const weights::ModelConfig& c = config();
  const LayerActivations& a = pass.activations;
  const int64_t q_size = forward_.q_size();
  const int64_t qkv_size = forward_.qkv_size();
  const int64_t kv_size = c.num_kv_heads * c.head_size;
  for (const RowRange& sequence : batch.sequences()) {
    const float* qkv = a.qkv + sequence.first_row * qkv_size;
    float* dqkv = pass.dqkv + sequence.first_row * qkv_size;
    kernels_.attention_backward({.heads = static_cast<int32_t>(c.num_heads),
                                 .kv_heads = static_cast<int32_t>(c.num_kv_heads),
                                 .head_size = static_cast<int32_t>(c.head_size),
                                 .length = sequence.num_rows,
                                 .q = qkv,
                                 .q_stride = qkv_size,
                                 .k = qkv + q_size,
                                 .k_stride = qkv_size,
                                 .v = qkv + q_size + kv_size,
                                 .v_stride = qkv_size,
                                 .out = a.attention + sequence.first_row * q_size,
                                 .out_stride = q_size,
                                 .dout = pass.dattention + sequence.first_row * q_size,
                                 .dout_stride = q_size,
                                 .lse = a.lse + sequence.first_row * c.num_heads,
                                 .dq = dqkv,
                                 .dq_stride = qkv_size,
                                 .dk = dqkv + q_size,
                                 .dk_stride = qkv_size,
                                 .dv = dqkv + q_size + kv_size,
                                 .dv_stride = qkv_size,
                                 .scratch = pass.attention_scratch});
  }
}

// dqkv's part of q and k becomes the gradient by what the norms were given.
void BackwardNetwork::BackwardHeadNorms(const LayerPass& pass, int64_t first, int64_t rows) const {
  const int64_t heads = config().num_heads;
  const int64_t kv_heads = config().num_kv_heads;
  const int64_t q_size = forward_.q_size();
  for (int64_t i = first; i < first + rows; ++i) {
    const float* q = pass.activations.qk + i * forward_.qk_size();
    const float* inv_rms = pass.activations.inv_rms_qk + i * (heads + kv_heads);
    float* dq = pass.dqkv + i * forward_.qkv_size();
    pass.weights.q_norm.Backward(kernels_, q, inv_rms, dq, heads, dq, /*accumulate_dx=*/false,
                                 pass.gradients + pass.place.q_norm);
    pass.weights.k_norm.Backward(kernels_, q + q_size, inv_rms + heads, dq + q_size, kv_heads,
                                 dq + q_size, /*accumulate_dx=*/false,
                                 pass.gradients + pass.place.k_norm);
  }
}

void BackwardNetwork::BackwardQueriesKeysValues(const LayerPass& pass, int64_t first,
                                                int64_t rows) const {
  const weights::ModelConfig& c = config();
  const int64_t hidden = c.hidden_size;
  const int64_t qkv_size = forward_.qkv_size();
  const float* x_in = pass.activations.x_in + first * hidden;
  float* dqkv = pass.dqkv + first * qkv_size;
  kernels_.rope({.x = dqkv,
                 .row_stride = qkv_size,
                 .rows = rows,
                 .heads = static_cast<int32_t>(c.num_heads + c.num_kv_heads),
                 .head_size = static_cast<int32_t>(c.head_size),
                 .positions = pass.positions + first,
                 .cos = forward_.rope().cos(),
                 .sin = forward_.rope().sin(),
                 .inverse = true});
  if (c.has_qk_norm()) BackwardHeadNorms(pass, first, rows);
  if (c.has_qkv_bias()) {
    AddWeightGradient(kernels_, dqkv, qkv_size, pass.ones, 1, rows,
                      pass.gradients + pass.place.qkv_bias);
  }
  pass.weights.input_norm.Forward(kernels_, x_in, rows, pass.normed, nullptr);
  AddWeightGradient(kernels_, dqkv, qkv_size, pass.normed, hidden, rows,
                    pass.gradients + pass.place.qkv);
  Linear(kernels_, dqkv, rows, pass.weights.qkv, pass.dnormed);
  pass.weights.input_norm.Backward(kernels_, x_in, pass.activations.inv_rms_in + first,
                                   pass.dnormed, rows, pass.dx + first * hidden,
                                   /*accumulate_dx=*/true, pass.gradients + pass.place.input_norm);
}

void BackwardNetwork::BackwardLayer(int64_t index, const SequenceBatch& batch,
                                    const LayerActivations& activations, BackwardScratch& scratch,
                                    float* dx, absl::Span<float> gradients) const {
  const weights::ModelConfig& c = config();
  const int64_t num_rows = batch.num_rows();
  int64_t longest = 0;
  for (const RowRange& sequence : batch.sequences()) longest = std::max(longest, sequence.num_rows);
  scratch.positions_.clear();
  for (const NetworkRow& row : batch.rows()) scratch.positions_.push_back(row.position);

  const auto padded = ScratchPieces::Padded;
  scratch.floats_.Reserve(
      2 * padded(kChunkRows * c.hidden_size) + 2 * padded(kChunkRows * c.intermediate_size) +
      padded(kChunkRows) + padded(num_rows * forward_.q_size()) +
      padded(num_rows * forward_.qkv_size()) +
      kernels::AttentionBackwardScratchFloats(longest, static_cast<int32_t>(c.head_size)));
  ScratchPieces pieces(scratch.floats_.data());
  LayerPass pass = {.weights = layers_[static_cast<size_t>(index)],
                    .place = layout_->layer(index),
                    .activations = activations,
                    .dx = dx,
                    .gradients = gradients.data(),
                    .normed = pieces.Take(kChunkRows * c.hidden_size),
                    .dnormed = pieces.Take(kChunkRows * c.hidden_size),
                    .act = pieces.Take(kChunkRows * c.intermediate_size),
                    .dact = pieces.Take(kChunkRows * c.intermediate_size),
                    .ones = pieces.Take(kChunkRows),
                    .dattention = pieces.Take(num_rows * forward_.q_size()),
                    .dqkv = pieces.Take(num_rows * forward_.qkv_size()),
                    .attention_scratch = pieces.Take(0),
                    .positions = scratch.positions_.data()};
  std::fill_n(pass.ones, kChunkRows, 1.0f);
  for (int64_t first = 0; first < num_rows; first += kChunkRows)
    BackwardMlp(pass, first, std::min(kChunkRows, num_rows - first));
  BackwardAttention(pass, batch);
  for (int64_t first = 0; first < num_rows; first += kChunkRows)
    BackwardQueriesKeysValues(pass, first, std::min(kChunkRows, num_rows - first));
}

void BackwardNetwork::BackwardLogProbs(const SequenceBatch& batch, const float* hidden,
                                       float inverse_temperature, const float* logsumexp,
                                       const float* dlog_probs, BackwardScratch& scratch, float* dx,
                                       absl::Span<float> gradients) const {
  const weights::ModelConfig& c = config();
  const int64_t size = c.hidden_size;
  const int64_t vocabulary = c.vocab_size;
  const int64_t chunk = forward_.LogitsChunkRows();
  const int64_t row_bytes = size * static_cast<int64_t>(sizeof(float));
  const auto padded = ScratchPieces::Padded;
  scratch.floats_.Reserve(3 * padded(chunk * size) + padded(chunk * vocabulary) + padded(chunk));
  ScratchPieces pieces(scratch.floats_.data());
  float* x = pieces.Take(chunk * size);
  float* normed = pieces.Take(chunk * size);
  float* dnormed = pieces.Take(chunk * size);
  float* logits = pieces.Take(chunk * vocabulary);
  float* inv_rms = pieces.Take(chunk);

  std::memset(dx, 0, static_cast<size_t>(batch.num_rows() * row_bytes));
  for (int64_t first = 0; first < batch.num_targets(); first += chunk) {
    const int64_t rows = std::min(chunk, batch.num_targets() - first);
    const int32_t* chosen = batch.target_rows().data() + first;
    for (int64_t i = 0; i < rows; ++i)
      std::memcpy(x + i * size, hidden + chosen[i] * size, static_cast<size_t>(row_bytes));
    final_norm_.Forward(kernels_, x, rows, normed, inv_rms);
    forward_.HeadLogits(normed, rows, logits);
    kernels_.log_softmax_backward({.logits = logits,
                                   .logits_stride = vocabulary,
                                   .rows = rows,
                                   .vocabulary = vocabulary,
                                   .inverse_temperature = inverse_temperature,
                                   .targets = batch.targets().data() + first,
                                   .logsumexp = logsumexp + first,
                                   .dlogprob = dlog_probs + first});
    AddWeightGradient(kernels_, logits, vocabulary, normed, size, rows,
                      gradients.data() + layout_->head());
    Linear(kernels_, logits, rows, head_, dnormed);
    final_norm_.Backward(kernels_, x, inv_rms, dnormed, rows, dnormed, /*accumulate_dx=*/false,
                         gradients.data() + layout_->final_norm());
    for (int64_t i = 0; i < rows; ++i)
      std::memcpy(dx + chosen[i] * size, dnormed + i * size, static_cast<size_t>(row_bytes));
  }
}

void BackwardNetwork::BackwardEmbed(const SequenceBatch& batch, const float* dx,
                                    absl::Span<float> gradients) const {
  const int64_t size = config().hidden_size;
  for (const NetworkRow& row : batch.rows()) {
    float* gradient = gradients.data() + layout_->embedding() + row.token * size;
    for (int64_t i = 0; i < size; ++i) gradient[i] += dx[i];
    dx += size;
  }
}

}  // namespace gyre::model
