#include "model/network.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "model/scratch_pieces.h"

namespace gyre::model {
namespace {

// Rows that pass through the matrices of a layer together: few enough that what lies between two
// matrices stays in the cache. No bit depends on it.
constexpr int64_t kChunkRows = 64;
// Logits of this many floats at most (but of one row at least) are in memory at a time.
constexpr int64_t kChunkLogits = 64 * 1024;

static_assert(weights::kMostHeadSize == kernels::kMostHeadSize,
              "what passes for a model's shape can be computed");

void CopyRow(const float* from, int64_t size, float* to) {
  std::memcpy(to, from, static_cast<size_t>(size) * sizeof(float));
}

}  // namespace

PackedNetwork::PackedNetwork(const Parameters& parameters, const kernels::KernelTable& kernels)
    : layout_(parameters.shared_layout()),
      kernels_(&kernels),
      rope_(static_cast<int32_t>(config().head_size), config().max_positions, config().rope_theta),
      layers_(static_cast<size_t>(config().num_layers)) {
  GYRE_CHECK(config().num_heads % config().num_kv_heads == 0, "num_kv_heads divides num_heads");
  GYRE_CHECK(config().head_size % 2 == 0, "RoPE turns pairs: the head size is even");
  GYRE_CHECK(config().head_size <= kernels::kMostHeadSize, "attention takes heads of such a size");
  Repack(parameters);
}

void PackedNetwork::Repack(const Parameters& parameters) {
  GYRE_CHECK(parameters.config() == config(), "a network is packed again from the same shape");
  const weights::ModelConfig& c = config();
  const float* w = parameters.flat().data();
  for (int64_t i = 0; i < c.num_layers; ++i) {
    const LayerPlace& place = layout_->layer(i);
    PackedLayer& layer = layers_[static_cast<size_t>(i)];
    layer.qkv.Pack(w + place.qkv, c.hidden_size, qkv_size(), c.hidden_size);
    layer.o.Pack(w + place.o, q_size(), c.hidden_size, q_size());
    layer.gate_up.Pack(w + place.gate_up, c.hidden_size, 2 * c.intermediate_size, c.hidden_size);
    layer.down.Pack(w + place.down, c.intermediate_size, c.hidden_size, c.intermediate_size);
    layer.input_norm = parameters.Norm(place.input_norm);
    layer.post_norm = parameters.Norm(place.post_norm);
  }
  const float* embedding = w + layout_->embedding();
  embedding_.assign(embedding, embedding + c.vocab_size * c.hidden_size);
  final_norm_ = parameters.Norm(layout_->final_norm());
  head_.Pack(w + layout_->head(), c.hidden_size, c.vocab_size, c.hidden_size);
}

kernels::KvLayout PackedNetwork::kv_layout() const {
  return {static_cast<int32_t>(config().num_kv_heads), static_cast<int32_t>(config().head_size)};
}

int64_t PackedNetwork::FloatsPerBlockOfAllLayers() const {
  return config().num_layers * kv_layout().FloatsPerBlock();
}

void PackedNetwork::Embed(absl::Span<const NetworkRow> rows, float* x) const {
  const int64_t hidden = config().hidden_size;
  for (size_t i = 0; i < rows.size(); ++i) {
    CopyRow(embedding_.data() + rows[i].token * hidden, hidden,
            x + static_cast<int64_t>(i) * hidden);
  }
}

void PackedNetwork::QueriesKeysValues(const PackedLayer& layer, const LayerActivations& a,
                                      const int32_t* positions, int64_t first, int64_t rows,
                                      float* normed) const {
  const weights::ModelConfig& c = config();
  float* qkv = a.qkv + first * qkv_size();
  layer.input_norm.Forward(*kernels_, a.x_in + first * c.hidden_size, rows, normed,
                           a.inv_rms_in == nullptr ? nullptr : a.inv_rms_in + first);
  Linear(*kernels_, normed, rows, layer.qkv, qkv);
  // Queries and keys stand side by side: one row of heads.
  kernels_->rope({.x = qkv,
                  .row_stride = qkv_size(),
                  .rows = rows,
                  .heads = static_cast<int32_t>(c.num_heads + c.num_kv_heads),
                  .head_size = static_cast<int32_t>(c.head_size),
                  .positions = positions + first,
                  .cos = rope_.cos(),
                  .sin = rope_.sin()});
}

void PackedNetwork::RestOfLayer(const PackedLayer& layer, const LayerActivations& a, int64_t first,
                                int64_t rows, float* normed, float* gate_up, float* act) const {
  const int64_t hidden = config().hidden_size;
  const int64_t intermediate = config().intermediate_size;
  const float* x_in = a.x_in + first * hidden;
  float* x_mid = a.x_mid + first * hidden;
  float* x_out = a.x_out + first * hidden;
  if (a.gate_up != nullptr) gate_up = a.gate_up + first * 2 * intermediate;

  if (x_mid != x_in) CopyRow(x_in, rows * hidden, x_mid);
  Linear(*kernels_, a.attention + first * q_size(), rows, layer.o, x_mid, /*accumulate=*/true);
  layer.post_norm.Forward(*kernels_, x_mid, rows, normed,
                          a.inv_rms_mid == nullptr ? nullptr : a.inv_rms_mid + first);
  Linear(*kernels_, normed, rows, layer.gate_up, gate_up);
  Swiglu(*kernels_, gate_up, rows, intermediate, act);
  if (x_out != x_mid) CopyRow(x_mid, rows * hidden, x_out);
  Linear(*kernels_, act, rows, layer.down, x_out, /*accumulate=*/true);
}

void PackedNetwork::PrepareRows(absl::Span<const NetworkRow> rows, ForwardScratch& scratch) const {
  scratch.positions_.resize(rows.size());
  scratch.attention_rows_.resize(rows.size());
  int32_t longest = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const NetworkRow& row = rows[i];
    GYRE_CHECK(row.token >= 0 && row.token < config().vocab_size, "a row's token is in range");
    GYRE_CHECK(row.position >= 0 && row.position < config().max_positions,
               "a row's position is in range");
    scratch.positions_[i] = row.position;
    scratch.attention_rows_[i] = {.blocks = row.blocks, .length = row.position + 1};
    longest = std::max(longest, row.position + 1);
  }
  const int64_t chunk = std::min<int64_t>(kChunkRows, static_cast<int64_t>(rows.size()));
  scratch.floats_.Reserve(ScratchPieces::Padded(chunk * config().hidden_size) +
                          ScratchPieces::Padded(chunk * 2 * config().intermediate_size) +
                          ScratchPieces::Padded(chunk * config().intermediate_size) +
                          kernels::AttentionScratchFloats(longest));
}

void PackedNetwork::ForwardLayer(int64_t index, int64_t layer_stride, ForwardScratch& scratch,
                                 const LayerActivations& a) const {
  const weights::ModelConfig& c = config();
  const PackedLayer& layer = layers_[static_cast<size_t>(index)];
  const kernels::KvLayout kv = kv_layout();
  const int64_t num_rows = static_cast<int64_t>(scratch.positions_.size());
  const int64_t chunk = std::min(kChunkRows, num_rows);
  ScratchPieces pieces(scratch.floats_.data());
  float* normed = pieces.Take(chunk * c.hidden_size);
  float* gate_up = pieces.Take(chunk * 2 * c.intermediate_size);
  float* act = pieces.Take(chunk * c.intermediate_size);
  float* attention_scratch = pieces.Take(0);

  for (int64_t first = 0; first < num_rows; first += chunk) {
    const int64_t rows = std::min(chunk, num_rows - first);
    QueriesKeysValues(layer, a, scratch.positions_.data(), first, rows, normed);
    for (int64_t i = first; i < first + rows; ++i) {
      kernels::AttentionRow& row = scratch.attention_rows_[static_cast<size_t>(i)];
      const int32_t position = row.length - 1;
      row.q = a.qkv + i * qkv_size();
      row.out = a.attention + i * q_size();
      row.lse = a.lse == nullptr ? nullptr : a.lse + i * c.num_heads;
      // The cache is the caller's and writable (NetworkRow::blocks); AttentionRow only reads it.
      float* block = const_cast<float*>(row.blocks[position / kernels::kBlockTokens]);
      kernels::WriteKv(kv, block + index * layer_stride, position % kernels::kBlockTokens,
                       row.q + q_size(), row.q + q_size() + c.num_kv_heads * c.head_size);
    }
  }
  kernels_->attention({.layout = kv,
                       .heads = static_cast<int32_t>(c.num_heads),
                       .rows = scratch.attention_rows_.data(),
                       .num_rows = num_rows,
                       .block_offset = index * layer_stride,
                       .scratch = attention_scratch});
  for (int64_t first = 0; first < num_rows; first += chunk) {
    RestOfLayer(layer, a, first, std::min(chunk, num_rows - first), normed, gate_up, act);
  }
}

void PackedNetwork::Forward(absl::Span<const NetworkRow> rows, int64_t layer_stride,
                            ForwardScratch& scratch, float* hidden) const {
  if (rows.empty()) return;
  PrepareRows(rows, scratch);
  const int64_t num_rows = static_cast<int64_t>(rows.size());
  scratch.rows_.Reserve(ScratchPieces::Padded(num_rows * qkv_size()) + num_rows * q_size());
  ScratchPieces pieces(scratch.rows_.data());
  const LayerActivations in_place = {.x_in = hidden,
                                     .qkv = pieces.Take(num_rows * qkv_size()),
                                     .attention = pieces.Take(num_rows * q_size()),
                                     .x_mid = hidden,
                                     .x_out = hidden};
  Embed(rows, hidden);
  for (int64_t layer = 0; layer < config().num_layers; ++layer) {
    ForwardLayer(layer, layer_stride, scratch, in_place);
  }
}

void PackedNetwork::Logits(const float* hidden, absl::Span<const int32_t> chosen,
                           ForwardScratch& scratch, float* logits, int64_t logits_stride) const {
  const int64_t size = config().hidden_size;
  const int64_t chunk = kChunkRows;
  scratch.floats_.Reserve(chunk * size);
  float* normed = scratch.floats_.data();
  const int64_t num_rows = static_cast<int64_t>(chosen.size());
  for (int64_t first = 0; first < num_rows; first += chunk) {
    const int64_t rows = std::min(chunk, num_rows - first);
    for (int64_t i = 0; i < rows; ++i)
      CopyRow(hidden + chosen[static_cast<size_t>(first + i)] * size, size, normed + i * size);
    final_norm_.Forward(*kernels_, normed, rows, normed, nullptr);
    kernels_->linear({.x = normed,
                      .x_stride = size,
                      .rows = rows,
                      .w = head_.view(),
                      .y = logits + first * logits_stride,
                      .y_stride = logits_stride});
  }
}

int64_t PackedNetwork::LogitsChunkRows() const {
  return std::clamp<int64_t>(kChunkLogits / config().vocab_size, 1, kernels::kGradientBlockRows);
}

void PackedNetwork::LogProbs(const float* hidden, absl::Span<const int32_t> chosen,
                             absl::Span<const int32_t> targets, float inverse_temperature,
                             ForwardScratch& scratch, const LogProbOutputs& outputs) const {
  GYRE_CHECK(chosen.size() == targets.size(), "one target for each row");
  const int64_t vocabulary = config().vocab_size;
  const int64_t chunk = LogitsChunkRows();
  const int64_t num_rows = static_cast<int64_t>(chosen.size());
  scratch.rows_.Reserve(chunk * vocabulary);
  for (int64_t first = 0; first < num_rows; first += chunk) {
    const int64_t rows = std::min(chunk, num_rows - first);
    Logits(hidden, chosen.subspan(static_cast<size_t>(first), static_cast<size_t>(rows)), scratch,
           scratch.rows_.data(), vocabulary);
    const auto from_first = [first](float* p) { return p == nullptr ? nullptr : p + first; };
    kernels_->log_softmax({.logits = scratch.rows_.data(),
                           .logits_stride = vocabulary,
                           .rows = rows,
                           .vocabulary = vocabulary,
                           .inverse_temperature = inverse_temperature,
                           .targets = targets.data() + first,
                           .logsumexp = from_first(outputs.logsumexp),
                           .logprob = from_first(outputs.log_probs),
                           .entropy = from_first(outputs.entropies)});
  }
}

}  // namespace gyre::model
