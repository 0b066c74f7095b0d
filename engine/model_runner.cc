#include "engine/model_runner.h"

#include <algorithm>

#include "model/dense_rows.h"

namespace gyre::engine {

ModelRunner::ModelRunner(int threads, bool measures)
    : team_(threads),
      scratch_(&team_, measures ? &seconds_ : nullptr),
      samplers_(static_cast<size_t>(threads)) {}

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
    const auto draw_some = [&](const model::WorkRange& range) {
      for (int64_t i = range.first; i < range.end; ++i) {
        const auto draw = static_cast<size_t>(first + i);
        drawn_[draw] =
            DrawToken(network, logits_.data() + i * vocabulary, plan.draws[draw], range.thread);
      }
    };
    network.ComputeFor(scratch_).Share(model::WorkKind::kDraws, draws,
                                       2 * model::kExpWork * vocabulary, draw_some);
  }
}

kernels::SampledToken ModelRunner::DrawToken(const model::PackedNetwork& network,
                                             const float* logits, const Draw& draw, int thread) {
  const int64_t vocabulary = network.config().vocab_size;
  const auto& [temperature, truncation] = draw.sampling;
  if (truncation.KeepsAll()) {
    return network.kernels().sample(logits, vocabulary, temperature, draw.uniform);
  }
  return samplers_[static_cast<size_t>(thread)].Sample(network.kernels(), logits, vocabulary,
                                                       temperature, truncation, draw.uniform);
}

}  // namespace gyre::engine
