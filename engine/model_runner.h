#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "base/thread_team.h"
#include "engine/step_plan.h"
#include "kernels/kernel_table.h"
#include "kernels/truncated_sample.h"
#include "model/compute.h"
#include "model/float_buffer.h"
#include "model/network.h"

namespace gyre::engine {

// Runs a step's rows through the network and draws its tokens, on some threads together. The only
// part of the engine that touches weights; what a device needs is added here. For one caller.
class ModelRunner {
 public:
  // With `measures`, seconds() says where time goes.
  ModelRunner(int threads, bool measures);

  const model::WorkSeconds& seconds() const { return seconds_; }

  // One token for each draw of the plan, in its order; valid until the next call.
  absl::Span<const kernels::SampledToken> Run(const StepPlan& plan);

 private:
  void RunPart(const StepPlan& plan, const PlanPart& part);
  void DrawTokens(const StepPlan& plan, const PlanPart& part, const float* hidden);

  kernels::SampledToken DrawToken(const model::PackedNetwork& network, const float* logits,
                                  const Draw& draw, int thread);

  base::ThreadTeam team_;
  model::WorkSeconds seconds_;
  model::ForwardScratch scratch_;
  std::vector<kernels::TruncatedSampler> samplers_;  // one a thread
  model::FloatBuffer hidden_;                        // [rows of a part][hidden size]
  model::FloatBuffer logits_;                        // [some draws][vocabulary]
  std::vector<kernels::SampledToken> drawn_;
};

}  // namespace gyre::engine
