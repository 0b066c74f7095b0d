#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "engine/step_plan.h"
#include "kernels/kernel_table.h"
#include "model/float_buffer.h"
#include "model/network.h"

namespace gyre::engine {

// Runs a step's rows through the network and draws its tokens. The only part of the engine that
// touches weights; what a device needs is added here. For one thread.
class ModelRunner {
 public:
  // One token for each draw of the plan, in its order; valid until the next call.
  absl::Span<const kernels::SampledToken> Run(const StepPlan& plan);

 private:
  void RunPart(const StepPlan& plan, const PlanPart& part);
  void DrawTokens(const StepPlan& plan, const PlanPart& part, const float* hidden);

  model::ForwardScratch scratch_;
  model::FloatBuffer hidden_;  // [rows of a part][hidden size]
  model::FloatBuffer logits_;  // [some draws][vocabulary]
  std::vector<kernels::SampledToken> drawn_;
};

}  // namespace gyre::engine
