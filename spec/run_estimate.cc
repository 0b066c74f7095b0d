#include "spec/run_estimate.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "data/open_source.h"
#include "spec/model_shape.h"
#include "spec/resolve.h"

namespace gyre::spec {
namespace {

// 1234567 → "1,234,567"
std::string Grouped(uint64_t number) {
  std::string digits = absl::StrCat(number);
  for (std::size_t place = digits.size(); place > 3;) {
    place -= 3;
    digits.insert(place, ",");
  }
  return digits;
}

void AddSource(const std::string& source, std::vector<std::string>& files) {
  if (absl::StartsWith(source, "countdown:")) return;
  if (std::find(files.begin(), files.end(), source) == files.end()) files.push_back(source);
}

absl::Status AddEvaluations(const EvalSpec& eval, uint64_t seed, StageEstimate& stage) {
  GYRE_ASSIGN_OR_RETURN(const auto problems, data::OpenProblems(eval.problems(), seed));
  const uint64_t count = eval.max_problems() == 0
                             ? problems->size()
                             : std::min<uint64_t>(eval.max_problems(), problems->size());
  const uint64_t ends = eval.at_start() ? 2 : 1;
  const uint64_t interim = eval.every_steps() == 0 ? 0 : (stage.steps - 1) / eval.every_steps();
  stage.evaluations = ends + interim;
  stage.eval_samples =
      count * (ends * eval.samples_per_prompt() + interim * eval.interim_samples_per_prompt());
  stage.eval_tokens_bound = stage.eval_samples * eval.max_response_tokens();
  return absl::OkStatus();
}

StageEstimate EstimateStage(const StageSpec& spec) {
  StageEstimate stage;
  stage.name = spec.name();
  if (spec.has_sft()) {
    stage.kind = "sft";
    stage.steps = stage.updates = spec.sft().steps();
    stage.train_samples = stage.steps * spec.sft().examples_per_step();
    stage.train_tokens_bound = stage.train_samples * spec.sft().max_tokens();
  } else {
    stage.kind = "rl";
    stage.steps = spec.rl().steps();
    stage.updates = stage.steps * spec.rl().updates_per_step();
    stage.train_samples =
        stage.steps * spec.rl().prompts_per_step() * spec.rl().samples_per_prompt();
    stage.train_tokens_bound = stage.train_samples * spec.rl().max_response_tokens();
  }
  return stage;
}

}  // namespace

absl::StatusOr<RunEstimate> EstimateRun(const RunSpec& spec) {
  RunEstimate estimate;
  GYRE_ASSIGN_OR_RETURN(const weights::ModelConfig config, ModelShape(spec.model()));
  estimate.parameters = ParameterCount(config);
  estimate.checkpoint_bytes = static_cast<uint64_t>(estimate.parameters) * sizeof(float) * 3;
  if (spec.model().has_path()) {
    estimate.files.push_back(spec.model().path());
  } else if (spec.model().new_().tokenizer() != "countdown") {
    estimate.files.push_back(spec.model().new_().tokenizer());
  }
  for (const StageSpec& stage_spec : spec.stage()) {
    StageEstimate stage = EstimateStage(stage_spec);
    AddSource(stage_spec.has_sft() ? stage_spec.sft().examples() : stage_spec.rl().problems(),
              estimate.files);
    if (stage_spec.has_start_from() && !absl::StartsWith(stage_spec.start_from(), "stage:")) {
      AddSource(stage_spec.start_from(), estimate.files);
    }
    if (stage_spec.has_eval()) {
      AddSource(stage_spec.eval().problems(), estimate.files);
      GYRE_RETURN_IF_ERROR(AddEvaluations(stage_spec.eval(), spec.seed(), stage));
    }
    estimate.stages.push_back(std::move(stage));
  }
  return estimate;
}

std::string FormatEstimate(const RunSpec& spec, const RunEstimate& estimate) {
  std::string text = absl::StrFormat(
      "run %s, seed %d, spec %s\nmodel: %s parameters; a checkpoint takes %.1f MiB\n\n",
      spec.name(), spec.seed(), SpecDigest(spec).ToHex().substr(0, 12),
      Grouped(estimate.parameters), static_cast<double>(estimate.checkpoint_bytes) / (1 << 20));
  absl::StrAppendFormat(&text, "%-14s %-4s %8s %9s %12s %16s %6s %12s %16s\n", "stage", "kind",
                        "steps", "updates", "samples", "tokens at most", "evals", "eval samples",
                        "tokens at most");
  for (const StageEstimate& stage : estimate.stages) {
    absl::StrAppendFormat(&text, "%-14s %-4s %8s %9s %12s %16s %6s %12s %16s\n", stage.name,
                          stage.kind, Grouped(stage.steps), Grouped(stage.updates),
                          Grouped(stage.train_samples), Grouped(stage.train_tokens_bound),
                          Grouped(stage.evaluations), Grouped(stage.eval_samples),
                          Grouped(stage.eval_tokens_bound));
  }
  absl::StrAppend(&text, "\nfiles needed: ");
  if (estimate.files.empty()) absl::StrAppend(&text, "none");
  for (const std::string& file : estimate.files) absl::StrAppend(&text, "\n  ", file);
  return text + "\n";
}

}  // namespace gyre::spec
