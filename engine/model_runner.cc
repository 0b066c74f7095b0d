#include "engine/model_runner.h"

#include <algorithm>

namespace gyre::engine {

absl::Span<const kernels::SampledToken> ModelRunner::Run(const StepPlan& plan) {
  drawn_.resize(plan.draws.size());
  for (const PlanPart& part : plan.parts) RunPart(plan, part);
  return drawn_;
}

void ModelRunner::RunPart(const StepPlan& plan, const PlanPart& part) {
  const model::PackedNetwork& network = part.policy->network;
  // Draws name their rows by the plan's numbers, so the part's hidden states stand at those, too.
  hidden_.Reserve(static_cast<int64_t>(plan.rows.size()) * network.config().hidden_size);
  const auto rows = absl::MakeConstSpan(plan.rows).subspan(static_cast<size_t>(part.first_row),
                                                           static_cast<size_t>(part.num_rows));
  network.Forward(rows, network.kv_layout().FloatsPerBlock(), scratch_,
                  hidden_.data() + part.first_row * network.config().hidden_size);
  DrawTokens(plan, part, hidden_.data());
}

void ModelRunner::DrawTokens(const StepPlan& plan, const PlanPart& part, const float* hidden) {
  const model::PackedNetwork& network = part.policy->network;
  const int64_t vocabulary = network.config().vocab_size;
  const int64_t chunk = network.LogitsChunkRows();
  logits_.Reserve(chunk * vocabulary);
  const int32_t end = part.first_draw + part.num_draws;
  for (int64_t first = part.first_draw; first < end; first += chunk) {
    const int64_t draws = std::min(chunk, end - first);
    network.Logits(hidden,
                   absl::MakeConstSpan(plan.draw_rows)
                       .subspan(static_cast<size_t>(first), static_cast<size_t>(draws)),
                   scratch_, logits_.data(), vocabulary);
    for (int64_t i = 0; i < draws; ++i) {
      const auto draw = static_cast<size_t>(first + i);
      drawn_[draw] =
          network.kernels().sample(logits_.data() + i * vocabulary, vocabulary,
                                   plan.draws[draw].temperature, plan.draws[draw].uniform);
    }
  }
}

}  // namespace gyre::engine
