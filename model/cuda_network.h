// The forward pass of model/network.h on a device (kernels/cuda/device.h): the same network over
// the same rows, with the sequences' blocks named by their numbers in a CudaCache instead of
// pointers.
//
// Numbers: residual streams, sums and logits are f32. Weights and what goes into a matrix product
// are of one ElementType, keys and values of the cache's. All but the matrix products is
// row-independent; those are cuBLAS's (kernels/cuda/blas.h), so on a GPU a row's bits may depend on
// the rows beside it, and they are not the CPU's. docs/cuda.md says what has been tested.
//
// Nothing waits but where it is said. Faults of the device are told by the calls that wait.
// Threads: const methods from one thread at a time, the device's.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "kernels/cuda/device.h"
#include "kernels/cuda/device_buffer.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/tasks.h"
#include "model/cuda_cache.h"
#include "model/cuda_weights.h"
#include "model/parameters.h"

namespace gyre::model {

// One token to be computed. What NetworkRow says of order, phases and who writes what holds here.
struct CudaRow {
  int32_t token = 0;
  int32_t position = 0;
  int32_t first_block = 0;  // where the sequence's blocks begin in the call's block table
};

// A device's memory for forward passes; grows to the largest call and stays. Holds the hidden
// states of the last Forward.
class CudaScratch {
 public:
  explicit CudaScratch(kernels::cuda::Device& device)
      : rows_(device),
        hidden_(device),
        qkv_(device),
        attention_(device),
        normed_(device),
        gate_up_(device),
        activated_(device),
        parts_(device),
        chosen_(device),
        logits_(device),
        results_(device) {}

 private:
  friend class CudaNetwork;

  std::vector<int32_t> staged_;       // tokens, positions, first blocks, the block table
  kernels::cuda::DeviceBuffer rows_;  // the same
  int64_t num_rows_ = 0;
  int64_t longest_ = 0;                    // of the rows' sequences, in positions
  kernels::cuda::DeviceBuffer hidden_;     // [rows][hidden]
  kernels::cuda::DeviceBuffer qkv_;        // [rows][qkv]
  kernels::cuda::DeviceBuffer attention_;  // [rows][heads·head_size], elements
  kernels::cuda::DeviceBuffer normed_;     // [chunk][hidden], elements
  kernels::cuda::DeviceBuffer gate_up_;    // [chunk][2·intermediate]
  kernels::cuda::DeviceBuffer activated_;  // [chunk][intermediate], elements
  kernels::cuda::DeviceBuffer parts_;      // of attention
  kernels::cuda::DeviceBuffer chosen_;     // [chosen rows]
  kernels::cuda::DeviceBuffer logits_;     // [chunk][vocabulary]
  kernels::cuda::DeviceBuffer results_;    // arguments and results of a vocabulary kernel
};

class CudaNetwork {
 public:
  // With the parameters' weights in the device's memory, for which it waits. RESOURCE_EXHAUSTED:
  // there is no room for them.
  static absl::StatusOr<std::unique_ptr<CudaNetwork>> Create(kernels::cuda::Device& device,
                                                             const Parameters& parameters,
                                                             kernels::cuda::ElementType type);

  // New parameters of the same config in the old ones' place; waits.
  absl::Status Load(const Parameters& parameters) { return weights_.Load(parameters); }

  const weights::ModelConfig& config() const { return weights_.layout().config(); }

  // Queues the pass: the rows' keys and values go into the cache, their hidden states stay in the
  // scratch. RESOURCE_EXHAUSTED: the scratch finds no room, and nothing is computed.
  absl::Status Forward(absl::Span<const CudaRow> rows, absl::Span<const int32_t> block_table,
                       const CudaCache& cache, CudaScratch& scratch) const;

  // For the rows of the last Forward that `chosen` names: final norm and head, and then …
  // … a token for each, drawn as `draws` says. Waits.
  absl::Status Draw(absl::Span<const int32_t> chosen,
                    absl::Span<const kernels::cuda::RowDraw> draws, CudaScratch& scratch,
                    absl::Span<kernels::SampledToken> tokens) const;
  // … the log-probabilities of the targets under softmax(logits · inverse_temperature): the same
  // bits as Draw's for the same logits. Waits.
  absl::Status LogProbs(absl::Span<const int32_t> chosen, absl::Span<const int32_t> targets,
                        float inverse_temperature, CudaScratch& scratch,
                        absl::Span<float> log_probs) const;
  // … the logits, [chosen][vocabulary]. Waits.
  absl::Status Logits(absl::Span<const int32_t> chosen, CudaScratch& scratch,
                      absl::Span<float> logits) const;

 private:
  CudaNetwork(kernels::cuda::Device& device, const Parameters& parameters,
              kernels::cuda::ElementType type);

  absl::Status LoadRope();
  absl::Status Stage(absl::Span<const CudaRow> rows, absl::Span<const int32_t> block_table,
                     const CudaCache& cache, CudaScratch& scratch) const;
  void QueriesKeysValues(const LayerPlace& layer, const kernels::cuda::CacheLayer& cache,
                         const CudaScratch& scratch, int64_t first, int64_t rows) const;
  void Attention(const kernels::cuda::CacheLayer& cache, const CudaScratch& scratch) const;
  void RestOfLayer(const LayerPlace& layer, const CudaScratch& scratch, int64_t first,
                   int64_t rows) const;
  void Linear(const void* x, int64_t rows, int64_t inputs, int64_t weight, int64_t outputs,
              float* y, bool accumulate = false) const;
  void Norm(const float* x, const int32_t* chosen, int64_t rows, int64_t weight, void* y) const;
  // Of each head of queries or keys, in place.
  void NormHeads(float* x, int64_t rows, int64_t heads, int64_t weight) const;

  // Takes the chosen rows into the scratch, with room for some rows' logits and for results.
  absl::Status ReserveLogits(absl::Span<const int32_t> chosen, int64_t result_bytes,
                             CudaScratch& scratch) const;
  // Calls work(first, rows) for the chosen rows a chunk at a time, their logits in the scratch.
  void ForLogits(int64_t num_chosen, const CudaScratch& scratch,
                 absl::FunctionRef<void(int64_t first, int64_t rows)> work) const;
  int64_t LogitsChunkRows() const;

  kernels::cuda::PagedRows PagedRowsFrom(const CudaScratch& scratch, int64_t first,
                                         int64_t rows) const;
  int64_t q_size() const { return config().num_heads * config().head_size; }
  int64_t kv_size() const { return config().num_kv_heads * config().head_size; }
  int64_t qkv_size() const { return q_size() + 2 * kv_size(); }
  int64_t ElementBytes() const { return kernels::cuda::BytesOf(weights_.type()); }

  kernels::cuda::Device& device_;
  CudaWeights weights_;
  kernels::cuda::DeviceBuffer rope_;  // cos, then sin: [max_positions][head_size / 2]
};

}  // namespace gyre::model
