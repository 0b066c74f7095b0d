// AdamW (Loshchilov & Hutter, arXiv 1711.05101) over the flat parameters, moments in f32. Weight
// decay is for matrices only (embedding, head, projections), never for norms. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "kernels/kernel_table.h"
#include "learner/optimizer_state.h"
#include "model/parameter_layout.h"
#include "proto/run_spec.pb.h"

namespace gyre::learner {

// Σ x² in a fixed order, in double; infinite or NaN if an element is.
double SumOfSquares(const kernels::KernelTable& kernels, absl::Span<const float> values);

class Optimizer final : public OptimizerState {
 public:
  // Fresh: moments and counts are 0. The layout is shared; kernels live as long as the process.
  Optimizer(std::shared_ptr<const model::ParameterLayout> layout, const OptimizerSpec& spec,
            const kernels::KernelTable& kernels);

  // One update with gradient · gradient_scale (1 / tokens, times the clip's factor).
  void Update(absl::Span<float> parameters, absl::Span<const float> gradient, double gradient_scale,
              double learning_rate);
  // Counts an update that was skipped.
  void SkipNonfinite() { ++counts_.nonfinite_in_a_row; }

  OptimizerCounts counts() const override { return counts_; }
  std::vector<OptimizerShard> Export() const override;
  absl::Status Import(const OptimizerCounts& counts,
                      absl::Span<const OptimizerShard> shards) override;

 private:
  // Neighbouring tensors with the same decay.
  struct Run {
    int64_t offset = 0;
    int64_t size = 0;
    float weight_decay = 0;
  };

  std::shared_ptr<const model::ParameterLayout> layout_;
  OptimizerSpec spec_;
  const kernels::KernelTable& kernels_;
  std::vector<Run> runs_;
  std::vector<float> first_moment_;
  std::vector<float> second_moment_;
  OptimizerCounts counts_;
};

}  // namespace gyre::learner
