#include "coordinator/run_plan.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/check.h"
#include "base/status_macros.h"

namespace gyre::coordinator {
namespace {

absl::Status Invalid(const StagePlan& stage, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat("stage \"", stage.name, "\": ", what));
}

// At the stage's start, every N steps and at its end; the first and the last with more samples.
std::vector<EvaluationPoint> EvaluationPoints(const EvalSpec& eval, uint32_t steps) {
  std::vector<EvaluationPoint> points;
  if (eval.at_start()) points.push_back({.step = 0});
  if (eval.every_steps() > 0) {
    for (uint64_t step = eval.every_steps(); step < steps; step += eval.every_steps()) {
      points.push_back({.step = static_cast<uint32_t>(step)});
    }
  }
  points.push_back({.step = steps});
  for (EvaluationPoint& point : points) {
    const bool interim = point.step != points.front().step && point.step != points.back().step;
    point.samples_per_prompt = interim && eval.has_interim_samples_per_prompt()
                                   ? eval.interim_samples_per_prompt()
                                   : eval.samples_per_prompt();
  }
  return points;
}

absl::Status AddRl(const RlSpec& rl, uint64_t problems, StagePlan& stage) {
  stage.is_rl = true;
  stage.steps = rl.steps();
  stage.batch = rl.prompts_per_step();
  stage.updates_per_step = rl.updates_per_step();
  stage.max_policy_lag = rl.max_policy_lag();
  stage.drop_zero_variance_groups = rl.drop_zero_variance_groups();
  stage.max_attempts = std::max<uint32_t>(1, rl.max_attempts());
  stage.train_sampling.set_samples(rl.samples_per_prompt());
  stage.train_sampling.set_max_response_tokens(rl.max_response_tokens());
  stage.train_sampling.set_temperature(rl.temperature());
  for (const RewardSpec& reward : rl.reward()) stage.train_components.push_back(reward.component());
  stage.train_problems = problems;
  if (problems == 0) return Invalid(stage, absl::StrCat("\"", rl.problems(), "\" has no problems"));
  if (rl.samples_per_prompt() == 0) return Invalid(stage, "rl.samples_per_prompt is 0");
  return absl::OkStatus();
}

absl::Status AddEvaluations(const EvalSpec& eval, uint64_t problems, uint32_t default_tokens,
                            StagePlan& stage) {
  stage.eval_problems =
      eval.max_problems() > 0 ? std::min<uint64_t>(eval.max_problems(), problems) : problems;
  if (stage.eval_problems == 0) {
    return Invalid(stage, absl::StrCat("\"", eval.problems(), "\" has no problems"));
  }
  stage.evaluations = EvaluationPoints(eval, stage.steps);
  stage.eval_max_response_tokens =
      eval.has_max_response_tokens() ? eval.max_response_tokens() : default_tokens;
  stage.eval_temperature = eval.temperature();
  stage.eval_components = {"accuracy"};
  stage.eval_transcripts = eval.transcripts();
  for (const EvaluationPoint& point : stage.evaluations) {
    if (point.samples_per_prompt == 0) return Invalid(stage, "eval.samples_per_prompt is 0");
  }
  return absl::OkStatus();
}

absl::Status AddStart(const StageSpec& spec, const std::vector<StagePlan>& before,
                      StagePlan& stage) {
  absl::string_view from = spec.start_from();
  if (from.empty()) {
    // Version 0 is the model, so a run's first stage starts from what the learner has loaded.
    if (spec.start() == StageSpec::MODEL && !before.empty()) stage.start = StagePlan::Start::kModel;
    return absl::OkStatus();
  }
  if (!absl::ConsumePrefix(&from, "stage:")) {
    stage.start = StagePlan::Start::kFolder;
    stage.start_folder = spec.start_from();
    return absl::OkStatus();
  }
  for (const StagePlan& other : before) {
    if (other.name != from) continue;
    stage.start = StagePlan::Start::kStageEnd;
    stage.start_stage = other.index;
    return absl::OkStatus();
  }
  return Invalid(stage, absl::StrCat("start_from names no stage before it: \"", from, "\""));
}

}  // namespace

SamplingParameters StagePlan::Sampling(Purpose purpose, uint64_t slot) const {
  if (purpose != EVAL) return train_sampling;
  SamplingParameters sampling;
  sampling.set_samples(evaluations[slot / eval_problems].samples_per_prompt);
  sampling.set_max_response_tokens(eval_max_response_tokens);
  sampling.set_temperature(eval_temperature);
  return sampling;
}

RunPlan::Place RunPlan::PlaceOf(int64_t version) const {
  for (const StagePlan& stage : stages) {
    if (version < stage.end_version()) {
      return {.stage = stage.index, .step = static_cast<uint32_t>(version - stage.base_version)};
    }
  }
  GYRE_CHECK(false, absl::StrCat("no step of the run makes version ", version + 1));
}

bool RunPlan::CheckpointAfter(const StagePlan& stage, uint32_t step) const {
  return step + 1 == stage.steps ||
         (checkpoint_every_steps > 0 && (step + 1) % checkpoint_every_steps == 0);
}

bool RunPlan::PublishAfter(const StagePlan& stage, uint32_t step) const {
  if (stage.is_rl) return true;
  const bool evaluated =
      std::any_of(stage.evaluations.begin(), stage.evaluations.end(),
                  [&](const EvaluationPoint& point) { return point.step == step + 1; });
  if (evaluated || step + 1 < stage.steps || stage.index + 1 == stages.size()) return evaluated;
  const StagePlan& next = stages[stage.index + 1];
  const bool samples_at_once =
      next.is_rl || (!next.evaluations.empty() && next.evaluations.front().step == 0);
  return next.start == StagePlan::Start::kPrevious && samples_at_once;
}

absl::StatusOr<RunPlan> MakeRunPlan(const RunSpec& spec, const std::vector<StageSources>& sources,
                                    uint32_t learner_ranks) {
  if (spec.stage_size() == 0) return absl::InvalidArgumentError("the run spec has no stage");
  if (sources.size() != static_cast<size_t>(spec.stage_size())) {
    return absl::InvalidArgumentError("each stage needs its sources");
  }
  if (learner_ranks == 0)
    return absl::InvalidArgumentError("a run needs at least one learner rank");
  RunPlan plan;
  plan.name = spec.name();
  plan.seed = spec.seed();
  plan.learner_ranks = learner_ranks;
  plan.limits = {.lease = absl::Seconds(spec.limits().lease_seconds()),
                 .lease_absolute = absl::Seconds(spec.limits().lease_absolute_seconds()),
                 .score = absl::Seconds(spec.limits().score_seconds()),
                 .member = absl::Seconds(spec.limits().member_seconds())};
  plan.checkpoint_every_steps = spec.checkpoint().every_steps();
  plan.checkpoints_kept = std::max<uint32_t>(2, spec.checkpoint().keep());
  plan.transcripts_per_step = spec.samples().per_step();
  int64_t version = 0;
  for (int i = 0; i < spec.stage_size(); ++i) {
    const StageSpec& from = spec.stage(i);
    StagePlan stage;
    stage.index = i;
    stage.name = from.name();
    stage.base_version = version;
    if (from.has_rl()) {
      GYRE_RETURN_IF_ERROR(AddRl(from.rl(), sources[i].train_problems, stage));
    } else if (from.has_sft()) {
      stage.steps = from.sft().steps();
      stage.batch = from.sft().examples_per_step();
    } else {
      return Invalid(stage, "it has neither sft nor rl");
    }
    if (stage.steps == 0 || stage.batch == 0) return Invalid(stage, "it has no steps or no batch");
    if (from.has_eval()) {
      GYRE_RETURN_IF_ERROR(AddEvaluations(from.eval(), sources[i].eval_problems,
                                          from.rl().max_response_tokens(), stage));
    }
    GYRE_RETURN_IF_ERROR(AddStart(from, plan.stages, stage));
    version = stage.end_version();
    plan.stages.push_back(std::move(stage));
  }
  return plan;
}

}  // namespace gyre::coordinator
