// A network to be trained: the packed weights of both passes, the gradient as one flat array, and
// the memory for activations. One thread uses it at a time.
#pragma once

#include <cstdint>

#include "absl/types/span.h"
#include "kernels/kernel_table.h"
#include "model/backward_network.h"
#include "model/buffer_pool.h"
#include "model/float_buffer.h"
#include "model/network.h"
#include "model/parameters.h"

namespace gyre::model {

class TrainingNetwork {
 public:
  TrainingNetwork(const Parameters& parameters, const kernels::KernelTable& kernels);
  TrainingNetwork(const TrainingNetwork&) = delete;
  TrainingNetwork& operator=(const TrainingNetwork&) = delete;

  // After the parameters changed.
  void Repack(const Parameters& parameters);

  const PackedNetwork& forward() const { return forward_; }
  const BackwardNetwork& backward() const { return backward_; }

  // In ParameterLayout's order. Backward passes add to it.
  absl::Span<float> gradient() { return {gradient_.data(), static_cast<size_t>(gradient_size_)}; }
  absl::Span<const float> gradient() const {
    return {gradient_.data(), static_cast<size_t>(gradient_size_)};
  }
  void ZeroGradient();

  BufferPool& pool() { return pool_; }
  ForwardScratch& forward_scratch() { return forward_scratch_; }
  BackwardScratch& backward_scratch() { return backward_scratch_; }

 private:
  PackedNetwork forward_;
  BackwardNetwork backward_;
  int64_t gradient_size_;
  FloatBuffer gradient_;
  BufferPool pool_;
  ForwardScratch forward_scratch_;
  BackwardScratch backward_scratch_;
};

}  // namespace gyre::model
