#include "model/network.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "model/rope_table_of.h"
#include "model/scratch_pieces.h"

namespace gyre::model {
namespace {

// Rows that pass through the matrices of a layer together: few enough that what lies between two
// matrices stays in the cache. No bit depends on it.
constexpr int64_t kChunkRows = 64;
// Rows whose logits are in memory together: as many as make so many floats, so that they stay in
// the cache, but not so few that a large head's weights are read for hardly any.
constexpr int64_t kChunkLogits = 64 * 1024;
constexpr int64_t kFewestLogitsRows = 64;
// Of PlaceRows for each float of a row, in multiply-adds of Compute::Share.
constexpr int64_t kPlaceWork = 8;

static_assert(weights::kMostHeadSize == kernels::kMostHeadSize,
              "what passes for a model's shape can be computed");

void CopyRow(const float* from, int64_t size, float* to) {
  std::memcpy(to, from, static_cast<size_t>(size) * sizeof(float));
}

}  // namespace

PackedNetwork::PackedNetwork(const Parameters& parameters, const kernels::KernelTable& kernels)
    : layout_(parameters.shared_layout()),
      kernels_(&kernels),
      rope_(RopeTableOf(config())),
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
    if (c.has_qkv_bias()) {
      layer.qkv_bias.assign(w + place.qkv_bias, w + place.qkv_bias + qkv_size());
    }
    if (c.has_qk_norm()) {
      layer.q_norm = parameters.HeadNorm(place.q_norm);
      layer.k_norm = parameters.HeadNorm(place.k_norm);
    }
  }
  if (!c.tie_head) {
    const float* embedding = w + layout_->embedding();
    embedding_.assign(embedding, embedding + c.vocab_size * c.hidden_size);
  }
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
  for (const NetworkRow& row : rows) {
    if (config().tie_head) {
      head_.UnpackOutput(row.token, x);
    } else {
      CopyRow(embedding_.data() + row.token * hidden, hidden, x);
    }
    x += hidden;
  }
}

void PackedNetwork::QueriesKeysValues(const PackedLayer& layer, const LayerActivations& a,
                                      const ForwardScratch& scratch, int64_t block_offset,
                                      int64_t first, int64_t rows, float* normed) const {
  const Compute compute = ComputeFor(scratch);
  layer.input_norm.Forward(compute, a.x_in + first * config().hidden_size, rows, normed,
                           a.inv_rms_in == nullptr ? nullptr : a.inv_rms_in + first);
  Linear(compute, normed, rows, layer.qkv, a.qkv + first * qkv_size(), qkv_size(),
         /*accumulate=*/false, layer.qkv_bias.empty() ? nullptr : layer.qkv_bias.data());
  compute.Share(WorkKind::kRows, rows, kPlaceWork * qkv_size(), [&](const WorkRange& range) {
    if (config().has_qk_norm()) NormHeads(layer, a, first + range.first, first + range.end);
    PlaceRows(scratch, block_offset, first + range.first, first + range.end, a.qkv);
  });
}

void PackedNetwork::NormHeads(const PackedLayer& layer, const LayerActivations& a, int64_t first,
                              int64_t end) const {
  const int64_t heads = config().num_heads;
  const int64_t kv_heads = config().num_kv_heads;
  for (int64_t i = first; i < end; ++i) {
    float* q = a.qkv + i * qkv_size();
    float* k = q + q_size();
    float* inv_rms = a.inv_rms_qk == nullptr ? nullptr : a.inv_rms_qk + i * (heads + kv_heads);
    if (a.qk != nullptr) CopyRow(q, qk_size(), a.qk + i * qk_size());
    layer.q_norm.Forward(*kernels_, q, heads, q, inv_rms);
    layer.k_norm.Forward(*kernels_, k, kv_heads, k, inv_rms == nullptr ? nullptr : inv_rms + heads);
  }
}

void PackedNetwork::PlaceRows(const ForwardScratch& scratch, int64_t block_offset, int64_t first,
                              int64_t end, float* qkv) const {
  const weights::ModelConfig& c = config();
  // Queries and keys stand side by side: one row of heads.
  kernels_->rope({.x = qkv + first * qkv_size(),
                  .row_stride = qkv_size(),
                  .rows = end - first,
                  .heads = static_cast<int32_t>(c.num_heads + c.num_kv_heads),
                  .head_size = static_cast<int32_t>(c.head_size),
                  .positions = scratch.positions_.data() + first,
                  .cos = rope_.cos(),
                  .sin = rope_.sin()});
  for (int64_t i = first; i < end; ++i) {
    const int32_t position = scratch.positions_[static_cast<size_t>(i)];
    const kernels::AttentionRow& row = scratch.attention_rows_[static_cast<size_t>(i)];
    // The cache is the caller's and writable (NetworkRow::blocks); AttentionRow only reads it.
    float* block = const_cast<float*>(row.blocks[position / kernels::kBlockTokens]);
    const float* keys = qkv + i * qkv_size() + q_size();
    kernels::WriteKv(kv_layout(), block + block_offset, position % kernels::kBlockTokens, keys,
                     keys + c.num_kv_heads * c.head_size);
  }
}

void PackedNetwork::Attention(const ForwardScratch& scratch, int64_t block_offset,
                              float* attention_scratch) const {
  const auto num_rows = static_cast<int64_t>(scratch.attention_rows_.size());
  const int64_t work = 2 * scratch.total_lengths_ * q_size();
  const int64_t scratch_floats = kernels::AttentionScratchFloats(scratch.longest_);
  kernels::AttentionArguments args = {.layout = kv_layout(),
                                      .heads = static_cast<int32_t>(config().num_heads),
                                      .rows = scratch.attention_rows_.data(),
                                      .num_rows = num_rows,
                                      .block_offset = block_offset};
  const Compute compute = ComputeFor(scratch);
  if (num_rows >= 2 * compute.threads()) {
    compute.Share(WorkKind::kAttention, num_rows, work / num_rows, [&](const WorkRange& range) {
      kernels::AttentionArguments some = args;
      some.rows += range.first;
      some.num_rows = range.size();
      some.scratch = attention_scratch + range.thread * scratch_floats;
      kernels_->attention(some);
    });
    return;
  }
  const int64_t heads = config().num_kv_heads;
  compute.Share(WorkKind::kAttention, heads, work / heads, [&](const WorkRange& range) {
    kernels::AttentionArguments some = args;
    some.first_kv_head = static_cast<int32_t>(range.first);
    some.end_kv_head = static_cast<int32_t>(range.end);
    some.scratch = attention_scratch + range.thread * scratch_floats;
    kernels_->attention(some);
  });
}

void PackedNetwork::RestOfLayer(const PackedLayer& layer, const LayerActivations& a,
                                const ForwardScratch& scratch, int64_t first, int64_t rows,
                                float* normed, float* gate_up, float* act) const {
  const Compute compute = ComputeFor(scratch);
  const int64_t hidden = config().hidden_size;
  const float* x_in = a.x_in + first * hidden;
  float* x_mid = a.x_mid + first * hidden;
  float* x_out = a.x_out + first * hidden;
  if (a.gate_up != nullptr) gate_up = a.gate_up + first * 2 * config().intermediate_size;

  if (x_mid != x_in) CopyRow(x_in, rows * hidden, x_mid);
  Linear(compute, a.attention + first * q_size(), rows, layer.o, x_mid, /*accumulate=*/true);
  layer.post_norm.Forward(compute, x_mid, rows, normed,
                          a.inv_rms_mid == nullptr ? nullptr : a.inv_rms_mid + first);
  GatedLinear(compute, normed, rows, layer.gate_up, gate_up, act);
  if (x_out != x_mid) CopyRow(x_mid, rows * hidden, x_out);
  Linear(compute, act, rows, layer.down, x_out, /*accumulate=*/true);
}

void PackedNetwork::PrepareRows(absl::Span<const NetworkRow> rows, ForwardScratch& scratch) const {
  scratch.positions_.resize(rows.size());
  scratch.attention_rows_.resize(rows.size());
  scratch.longest_ = 0;
  scratch.total_lengths_ = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const NetworkRow& row = rows[i];
    GYRE_CHECK(row.token >= 0 && row.token < config().vocab_size, "a row's token is in range");
    GYRE_CHECK(row.position >= 0 && row.position < config().max_positions,
               "a row's position is in range");
    scratch.positions_[i] = row.position;
    scratch.attention_rows_[i] = {.blocks = row.blocks, .length = row.position + 1};
    scratch.longest_ = std::max<int64_t>(scratch.longest_, row.position + 1);
    scratch.total_lengths_ += row.position + 1;
  }
  const int64_t chunk = std::min<int64_t>(kChunkRows, static_cast<int64_t>(rows.size()));
  scratch.floats_.Reserve(ScratchPieces::Padded(chunk * config().hidden_size) +
                          ScratchPieces::Padded(chunk * 2 * config().intermediate_size) +
                          ScratchPieces::Padded(chunk * config().intermediate_size) +
                          ComputeFor(scratch).threads() *
                              kernels::AttentionScratchFloats(scratch.longest_));
}

void PackedNetwork::ForwardLayer(int64_t index, int64_t layer_stride, ForwardScratch& scratch,
                                 const LayerActivations& a) const {
  const weights::ModelConfig& c = config();
  const PackedLayer& layer = layers_[static_cast<size_t>(index)];
  const int64_t num_rows = static_cast<int64_t>(scratch.positions_.size());
  const int64_t chunk = std::min(kChunkRows, num_rows);
  ScratchPieces pieces(scratch.floats_.data());
  float* normed = pieces.Take(chunk * c.hidden_size);
  float* gate_up = pieces.Take(chunk * 2 * c.intermediate_size);
  float* act = pieces.Take(chunk * c.intermediate_size);
  float* attention_scratch = pieces.Take(0);

  for (int64_t i = 0; i < num_rows; ++i) {
    kernels::AttentionRow& row = scratch.attention_rows_[static_cast<size_t>(i)];
    row.q = a.qkv + i * qkv_size();
    row.out = a.attention + i * q_size();
    row.lse = a.lse == nullptr ? nullptr : a.lse + i * c.num_heads;
  }
  for (int64_t first = 0; first < num_rows; first += chunk) {
    QueriesKeysValues(layer, a, scratch, index * layer_stride, first,
                      std::min(chunk, num_rows - first), normed);
  }
  Attention(scratch, index * layer_stride, attention_scratch);
  for (int64_t first = 0; first < num_rows; first += chunk) {
    RestOfLayer(layer, a, scratch, first, std::min(chunk, num_rows - first), normed, gate_up, act);
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
    final_norm_.Forward(ComputeFor(scratch), normed, rows, normed, nullptr);
    Linear(ComputeFor(scratch), normed, rows, head_, logits + first * logits_stride, logits_stride,
           /*accumulate=*/false);
  }
}

int64_t PackedNetwork::LogitsChunkRows() const {
  return std::clamp(kChunkLogits / config().vocab_size, kFewestLogitsRows,
                    kernels::kGradientBlockRows);
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
    const auto score_some = [&](const WorkRange& range) {
      const int64_t row = first + range.first;
      const auto from_row = [row](float* p) { return p == nullptr ? nullptr : p + row; };
      kernels_->log_softmax({.logits = scratch.rows_.data() + range.first * vocabulary,
                             .logits_stride = vocabulary,
                             .rows = range.size(),
                             .vocabulary = vocabulary,
                             .inverse_temperature = inverse_temperature,
                             .targets = targets.data() + row,
                             .logsumexp = from_row(outputs.logsumexp),
                             .logprob = from_row(outputs.log_probs),
                             .entropy = from_row(outputs.entropies)});
    };
    ComputeFor(scratch).Share(WorkKind::kDraws, rows, kExpWork * vocabulary, score_some);
  }
}

}  // namespace gyre::model
