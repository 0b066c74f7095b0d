// The head of a CudaNetwork, and what is drawn from or asked of its logits.
#include <algorithm>

#include "base/check.h"
#include "base/status_macros.h"
#include "model/cuda_network.h"

namespace gyre::model {
namespace {

using kernels::SampledToken;
using kernels::cuda::kFloatBytes;
using kernels::cuda::kIndexBytes;
using kernels::cuda::RowDraw;

// Floats of logits that are in memory together: 128 MiB.
constexpr int64_t kCudaChunkLogits = int64_t{32} << 20;
constexpr int64_t kMostLogitsRows = 1024;

}  // namespace

int64_t CudaNetwork::LogitsChunkRows() const {
  return std::clamp<int64_t>(kCudaChunkLogits / config().vocab_size, 1, kMostLogitsRows);
}

absl::Status CudaNetwork::ReserveLogits(absl::Span<const int32_t> chosen, int64_t result_bytes,
                                        CudaScratch& scratch) const {
  for (const int32_t row : chosen)
    GYRE_CHECK(row >= 0 && row < scratch.num_rows_, "a chosen row is of the last Forward");
  const auto num_chosen = static_cast<int64_t>(chosen.size());
  const int64_t rows = std::min(LogitsChunkRows(), num_chosen);
  const int64_t element = kernels::cuda::BytesOf(weights_.type());
  GYRE_RETURN_IF_ERROR(scratch.chosen_.Reserve(num_chosen * kIndexBytes));
  GYRE_RETURN_IF_ERROR(scratch.normed_.Reserve(rows * config().hidden_size * element));
  GYRE_RETURN_IF_ERROR(scratch.logits_.Reserve(rows * config().vocab_size * kFloatBytes));
  GYRE_RETURN_IF_ERROR(scratch.results_.Reserve(result_bytes));
  device_.Upload(chosen.data(), num_chosen * kIndexBytes, scratch.chosen_.data());
  return absl::OkStatus();
}

void CudaNetwork::ForLogits(int64_t num_chosen, const CudaScratch& scratch,
                            absl::FunctionRef<void(int64_t first, int64_t rows)> work) const {
  const int64_t chunk = LogitsChunkRows();
  for (int64_t first = 0; first < num_chosen; first += chunk) {
    const int64_t rows = std::min(chunk, num_chosen - first);
    Norm(scratch.hidden_.floats(), scratch.chosen_.integers() + first, rows,
         weights_.layout().final_norm(), scratch.normed_.data());
    Linear(scratch.normed_.data(), rows, config().hidden_size, weights_.layout().head(),
           config().vocab_size, scratch.logits_.floats());
    work(first, rows);
  }
}

absl::Status CudaNetwork::Draw(absl::Span<const int32_t> chosen, absl::Span<const RowDraw> draws,
                               CudaScratch& scratch, absl::Span<SampledToken> tokens) const {
  GYRE_CHECK(chosen.size() == draws.size() && chosen.size() == tokens.size(),
             "one draw and one token for each row");
  if (chosen.empty()) return absl::OkStatus();
  const auto count = static_cast<int64_t>(chosen.size());
  const int64_t draw_bytes = count * static_cast<int64_t>(sizeof(RowDraw));
  const int64_t token_bytes = count * static_cast<int64_t>(sizeof(SampledToken));
  GYRE_RETURN_IF_ERROR(ReserveLogits(chosen, draw_bytes + token_bytes, scratch));
  auto* device_draws = static_cast<RowDraw*>(scratch.results_.data());
  auto* device_tokens = reinterpret_cast<SampledToken*>(device_draws + count);
  device_.Upload(draws.data(), draw_bytes, device_draws);
  ForLogits(count, scratch, [&](int64_t first, int64_t rows) {
    device_.Run(kernels::cuda::SampleTask{.logits = scratch.logits_.floats(),
                                          .rows = rows,
                                          .vocabulary = config().vocab_size,
                                          .draws = device_draws + first,
                                          .tokens = device_tokens + first});
  });
  device_.Download(device_tokens, token_bytes, tokens.data());
  return device_.Wait();
}

absl::Status CudaNetwork::LogProbs(absl::Span<const int32_t> chosen,
                                   absl::Span<const int32_t> targets, float inverse_temperature,
                                   CudaScratch& scratch, absl::Span<float> log_probs) const {
  GYRE_CHECK(chosen.size() == targets.size() && chosen.size() == log_probs.size(),
             "one target and one log-probability for each row");
  if (chosen.empty()) return absl::OkStatus();
  const auto count = static_cast<int64_t>(chosen.size());
  GYRE_RETURN_IF_ERROR(ReserveLogits(chosen, count * (kIndexBytes + kFloatBytes), scratch));
  int32_t* device_targets = scratch.results_.integers();
  float* device_log_probs = scratch.results_.floats() + count;
  device_.Upload(targets.data(), count * kIndexBytes, device_targets);
  ForLogits(count, scratch, [&](int64_t first, int64_t rows) {
    device_.Run(kernels::cuda::LogSoftmaxTask{.logits = scratch.logits_.floats(),
                                              .rows = rows,
                                              .vocabulary = config().vocab_size,
                                              .inverse_temperature = inverse_temperature,
                                              .targets = device_targets + first,
                                              .logprob = device_log_probs + first});
  });
  device_.Download(device_log_probs, count * kFloatBytes, log_probs.data());
  return device_.Wait();
}

absl::Status CudaNetwork::Logits(absl::Span<const int32_t> chosen, CudaScratch& scratch,
                                 absl::Span<float> logits) const {
  const int64_t vocabulary = config().vocab_size;
  const auto count = static_cast<int64_t>(chosen.size());
  GYRE_CHECK(static_cast<int64_t>(logits.size()) == count * vocabulary, "logits for each row");
  if (chosen.empty()) return absl::OkStatus();
  GYRE_RETURN_IF_ERROR(ReserveLogits(chosen, 0, scratch));
  ForLogits(count, scratch, [&](int64_t first, int64_t rows) {
    device_.Download(scratch.logits_.floats(), rows * vocabulary * kFloatBytes,
                     logits.data() + first * vocabulary);
  });
  return device_.Wait();
}

}  // namespace gyre::model
