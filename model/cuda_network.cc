#include "model/cuda_network.h"

#include <algorithm>
#include <cstdint>
#include <memory>

#include "base/check.h"
#include "base/status_macros.h"
#include "kernels/rope_table.h"
#include "model/rope_table_of.h"

namespace gyre::model {
namespace {

using kernels::cuda::DeviceBuffer;
using kernels::cuda::ElementType;
using kernels::cuda::kFloatBytes;
using kernels::cuda::kIndexBytes;

// Rows that pass through the wide matrices of a layer together: enough to keep a GPU busy.
constexpr int64_t kCudaChunkRows = 1024;
// Floats of the parts of attention that are in memory together: 64 MiB.
constexpr int64_t kCudaPartFloats = int64_t{16} << 20;

int64_t PartsOf(int64_t length) {
  return (length + kernels::cuda::kPartPositions - 1) / kernels::cuda::kPartPositions;
}

// Elements from an offset on.
void* At(const DeviceBuffer& buffer, int64_t offset, int64_t element_bytes) {
  return static_cast<char*>(buffer.data()) + offset * element_bytes;
}

}  // namespace

CudaNetwork::CudaNetwork(kernels::cuda::Device& device, const Parameters& parameters,
                         ElementType type)
    : device_(device), weights_(device, parameters.shared_layout(), type), rope_(device) {
  GYRE_CHECK(config().num_heads % config().num_kv_heads == 0, "num_kv_heads divides num_heads");
  GYRE_CHECK(config().head_size % 2 == 0, "RoPE turns pairs: the head size is even");
  GYRE_CHECK(config().head_size <= kernels::kMostHeadSize, "attention takes heads of such a size");
}

absl::StatusOr<std::unique_ptr<CudaNetwork>> CudaNetwork::Create(kernels::cuda::Device& device,
                                                                 const Parameters& parameters,
                                                                 ElementType type) {
  std::unique_ptr<CudaNetwork> network(new CudaNetwork(device, parameters, type));
  GYRE_RETURN_IF_ERROR(network->LoadRope());
  GYRE_RETURN_IF_ERROR(network->Load(parameters));
  return network;
}

absl::Status CudaNetwork::LoadRope() {
  const kernels::RopeTable table = RopeTableOf(config());
  const int64_t size = config().max_positions * (config().head_size / 2);
  GYRE_RETURN_IF_ERROR(rope_.Reserve(2 * size * kFloatBytes));
  device_.Upload(table.cos(), size * kFloatBytes, rope_.data());
  device_.Upload(table.sin(), size * kFloatBytes, rope_.floats() + size);
  return absl::OkStatus();
}

absl::Status CudaNetwork::Stage(absl::Span<const CudaRow> rows,
                                absl::Span<const int32_t> block_table, const CudaCache& cache,
                                CudaScratch& scratch) const {
  const auto num_rows = static_cast<int64_t>(rows.size());
  const auto num_blocks = static_cast<int64_t>(block_table.size());
  scratch.longest_ = 0;
  scratch.staged_.resize(rows.size() * 3);
  for (size_t i = 0; i < rows.size(); ++i) {
    const CudaRow& row = rows[i];
    GYRE_CHECK(row.token >= 0 && row.token < config().vocab_size, "a row's token is in range");
    GYRE_CHECK(row.position >= 0 && row.position < config().max_positions,
               "a row's position is in range");
    GYRE_CHECK(
        row.first_block >= 0 && row.first_block + row.position / kernels::kBlockTokens < num_blocks,
        "the block table has all blocks up to a row's position");
    scratch.staged_[i] = row.token;
    scratch.staged_[rows.size() + i] = row.position;
    scratch.staged_[2 * rows.size() + i] = row.first_block;
    scratch.longest_ = std::max<int64_t>(scratch.longest_, row.position + 1);
  }
  for (const int32_t block : block_table) {
    GYRE_CHECK(block >= 0 && block < cache.num_blocks(), "a block is one of the cache's");
    scratch.staged_.push_back(block);
  }

  const int64_t chunk = std::min(num_rows, kCudaChunkRows);
  const int64_t parts = PartsOf(scratch.longest_);
  const int64_t floats_of_row =
      kernels::cuda::AttentionPartFloats(1, config().num_heads, config().head_size, parts);
  const int64_t part_floats =
      std::max(floats_of_row, std::min(num_rows * floats_of_row, kCudaPartFloats));
  const int64_t staged_bytes = (3 * num_rows + num_blocks) * kIndexBytes;
  GYRE_RETURN_IF_ERROR(scratch.rows_.Reserve(staged_bytes));
  GYRE_RETURN_IF_ERROR(scratch.hidden_.Reserve(num_rows * config().hidden_size * kFloatBytes));
  GYRE_RETURN_IF_ERROR(scratch.qkv_.Reserve(num_rows * qkv_size() * kFloatBytes));
  GYRE_RETURN_IF_ERROR(scratch.attention_.Reserve(num_rows * q_size() * ElementBytes()));
  GYRE_RETURN_IF_ERROR(scratch.normed_.Reserve(chunk * config().hidden_size * ElementBytes()));
  GYRE_RETURN_IF_ERROR(
      scratch.gate_up_.Reserve(chunk * 2 * config().intermediate_size * kFloatBytes));
  GYRE_RETURN_IF_ERROR(
      scratch.activated_.Reserve(chunk * config().intermediate_size * ElementBytes()));
  GYRE_RETURN_IF_ERROR(scratch.parts_.Reserve(part_floats * kFloatBytes));
  device_.Upload(scratch.staged_.data(), staged_bytes, scratch.rows_.data());
  scratch.num_rows_ = num_rows;
  return absl::OkStatus();
}

absl::Status CudaNetwork::Forward(absl::Span<const CudaRow> rows,
                                  absl::Span<const int32_t> block_table, const CudaCache& cache,
                                  CudaScratch& scratch) const {
  scratch.num_rows_ = 0;
  if (rows.empty()) return absl::OkStatus();
  GYRE_RETURN_IF_ERROR(Stage(rows, block_table, cache, scratch));
  const auto num_rows = static_cast<int64_t>(rows.size());
  device_.Run(kernels::cuda::EmbeddingTask{.tokens = scratch.rows_.integers(),
                                           .rows = num_rows,
                                           .size = config().hidden_size,
                                           .type = weights_.type(),
                                           .table = weights_.Matrix(weights_.layout().embedding()),
                                           .y = scratch.hidden_.floats()});
  for (int64_t i = 0; i < config().num_layers; ++i) {
    const LayerPlace& layer = weights_.layout().layer(i);
    for (int64_t first = 0; first < num_rows; first += kCudaChunkRows) {
      QueriesKeysValues(layer, cache.Layer(i), scratch, first,
                        std::min(kCudaChunkRows, num_rows - first));
    }
    Attention(cache.Layer(i), scratch);
    for (int64_t first = 0; first < num_rows; first += kCudaChunkRows)
      RestOfLayer(layer, scratch, first, std::min(kCudaChunkRows, num_rows - first));
  }
  return absl::OkStatus();
}

void CudaNetwork::Linear(const void* x, int64_t rows, int64_t inputs, int64_t weight,
                         int64_t outputs, float* y, bool accumulate) const {
  device_.Run(kernels::cuda::LinearTask{.type = weights_.type(),
                                        .x = x,
                                        .rows = rows,
                                        .w = weights_.Matrix(weight),
                                        .inputs = inputs,
                                        .outputs = outputs,
                                        .y = y,
                                        .accumulate = accumulate});
}

void CudaNetwork::Norm(const float* x, const int32_t* chosen, int64_t rows, int64_t weight,
                       void* y) const {
  device_.Run(kernels::cuda::RmsNormTask{.x = x,
                                         .x_stride = config().hidden_size,
                                         .chosen = chosen,
                                         .rows = rows,
                                         .size = config().hidden_size,
                                         .weight = weights_.Vector(weight),
                                         .epsilon = config().rms_norm_epsilon,
                                         .y_type = weights_.type(),
                                         .y = y,
                                         .y_stride = config().hidden_size});
}

void CudaNetwork::NormHeads(float* x, int64_t rows, int64_t heads, int64_t weight) const {
  device_.Run(kernels::cuda::RmsNormTask{.x = x,
                                         .x_stride = qkv_size(),
                                         .rows = rows,
                                         .groups = heads,
                                         .size = config().head_size,
                                         .weight = weights_.Vector(weight),
                                         .epsilon = config().rms_norm_epsilon,
                                         .y = x,
                                         .y_stride = qkv_size()});
}

kernels::cuda::PagedRows CudaNetwork::PagedRowsFrom(const CudaScratch& scratch, int64_t first,
                                                    int64_t rows) const {
  const int32_t* staged = scratch.rows_.integers();
  return {.rows = rows,
          .positions = staged + scratch.num_rows_ + first,
          .first_block = staged + 2 * scratch.num_rows_ + first,
          .block_table = staged + 3 * scratch.num_rows_};
}

void CudaNetwork::QueriesKeysValues(const LayerPlace& layer, const kernels::cuda::CacheLayer& cache,
                                    const CudaScratch& scratch, int64_t first, int64_t rows) const {
  float* qkv = scratch.qkv_.floats() + first * qkv_size();
  Norm(scratch.hidden_.floats() + first * config().hidden_size, nullptr, rows, layer.input_norm,
       scratch.normed_.data());
  Linear(scratch.normed_.data(), rows, config().hidden_size, layer.qkv, qkv_size(), qkv);
  if (config().has_qkv_bias()) {
    device_.Run(kernels::cuda::BiasTask{.x = qkv,
                                        .x_stride = qkv_size(),
                                        .rows = rows,
                                        .size = qkv_size(),
                                        .bias = weights_.Vector(layer.qkv_bias)});
  }
  if (config().has_qk_norm()) {
    NormHeads(qkv, rows, config().num_heads, layer.q_norm);
    NormHeads(qkv + q_size(), rows, config().num_kv_heads, layer.k_norm);
  }
  const kernels::cuda::PagedRows paged = PagedRowsFrom(scratch, first, rows);
  const int64_t table_size = config().max_positions * (config().head_size / 2);
  device_.Run(kernels::cuda::RopeTask{.x = qkv,
                                      .x_stride = qkv_size(),
                                      .rows = rows,
                                      .heads = config().num_heads + config().num_kv_heads,
                                      .head_size = config().head_size,
                                      .positions = paged.positions,
                                      .cos = rope_.floats(),
                                      .sin = rope_.floats() + table_size});
  device_.Run(kernels::cuda::KvWriteTask{.rows = paged,
                                         .cache = cache,
                                         .keys = qkv + q_size(),
                                         .values = qkv + q_size() + kv_size(),
                                         .stride = qkv_size()});
}

void CudaNetwork::Attention(const kernels::cuda::CacheLayer& cache,
                            const CudaScratch& scratch) const {
  const int64_t parts = PartsOf(scratch.longest_);
  const int64_t floats_of_row =
      kernels::cuda::AttentionPartFloats(1, config().num_heads, config().head_size, parts);
  const int64_t chunk = std::max<int64_t>(1, scratch.parts_.bytes() / kFloatBytes / floats_of_row);
  for (int64_t first = 0; first < scratch.num_rows_; first += chunk) {
    const int64_t rows = std::min(chunk, scratch.num_rows_ - first);
    device_.Run(kernels::cuda::AttentionTask{
        .rows = PagedRowsFrom(scratch, first, rows),
        .cache = cache,
        .heads = config().num_heads,
        .q = scratch.qkv_.floats() + first * qkv_size(),
        .q_stride = qkv_size(),
        .most_parts = parts,
        .parts = scratch.parts_.floats(),
        .out_type = weights_.type(),
        .out = At(scratch.attention_, first * q_size(), ElementBytes())});
  }
}

void CudaNetwork::RestOfLayer(const LayerPlace& layer, const CudaScratch& scratch, int64_t first,
                              int64_t rows) const {
  const int64_t size = config().hidden_size;
  const int64_t intermediate = config().intermediate_size;
  float* hidden = scratch.hidden_.floats() + first * size;
  Linear(At(scratch.attention_, first * q_size(), ElementBytes()), rows, q_size(), layer.o, size,
         hidden, /*accumulate=*/true);
  Norm(hidden, nullptr, rows, layer.post_norm, scratch.normed_.data());
  Linear(scratch.normed_.data(), rows, size, layer.gate_up, 2 * intermediate,
         scratch.gate_up_.floats());
  device_.Run(kernels::cuda::SwigluTask{.gate_up = scratch.gate_up_.floats(),
                                        .rows = rows,
                                        .size = intermediate,
                                        .y_type = weights_.type(),
                                        .y = scratch.activated_.data()});
  Linear(scratch.activated_.data(), rows, intermediate, layer.down, size, hidden,
         /*accumulate=*/true);
}

}  // namespace gyre::model
