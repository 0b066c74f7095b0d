#include "tests/coordinator/simulation/run_setup.h"

#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace gyre::coordinator::simulation {
namespace {

void DrawEval(Dice& dice, EvalSpec& eval, StageSources& sources) {
  eval.set_problems("eval");
  sources.eval_problems = dice.Between(1, 3);
  eval.set_max_problems(dice.Below(3));
  eval.set_samples_per_prompt(dice.Between(1, 3));
  if (dice.Chance(0.3)) eval.set_interim_samples_per_prompt(1);
  eval.set_every_steps(dice.Below(3));
  eval.set_at_start(dice.Chance(0.7));
  eval.set_max_response_tokens(3);
  eval.set_transcripts(dice.Below(3));
}

void DrawRl(Dice& dice, RlSpec& rl, StageSources& sources) {
  rl.set_problems("train");
  sources.train_problems = dice.Between(1, 9);
  rl.set_prompts_per_step(dice.Between(1, 4));
  rl.set_samples_per_prompt(dice.Between(2, 4));
  rl.set_max_response_tokens(dice.Between(1, 4));
  rl.set_max_policy_lag(dice.Chance(0.4) ? 0 : dice.Between(1, 3));
  rl.set_drop_zero_variance_groups(dice.Chance(0.3));
  rl.set_max_attempts(dice.Between(1, 3));
  rl.set_updates_per_step(dice.Between(1, rl.prompts_per_step()));
  rl.set_steps(dice.Between(1, 6));
  rl.add_reward()->set_component("accuracy");
  if (dice.Chance(0.5)) {
    rl.add_reward()->set_component("format");
    rl.mutable_reward(1)->set_weight(0.125);
  }
  if (dice.Chance(0.2)) {
    rl.mutable_overlong()->set_max_tokens(4);
    rl.mutable_overlong()->set_cache_tokens(2);
  }
}

void DrawStart(Dice& dice, const RunSpec& spec, int index, StageSpec& stage) {
  switch (dice.Below(5)) {
    case 0:
      stage.set_start(StageSpec::MODEL);
      break;
    case 1:
      if (index > 0) {
        const int from = static_cast<int>(dice.Below(index));
        stage.set_start_from(absl::StrCat("stage:", spec.stage(from).name()));
      }
      break;
    case 2:
      if (dice.Chance(0.3)) stage.set_start_from("/models/elsewhere");
      break;
    default:
      break;
  }
}

void DrawLimits(Dice& dice, LimitsSpec& limits) {
  limits.set_lease_seconds(dice.Between(3, 6));
  limits.set_lease_absolute_seconds(dice.Between(12, 40));
  limits.set_score_seconds(dice.Between(3, 8));
  limits.set_heartbeat_seconds(1);
  limits.set_member_seconds(dice.Between(4, 8));
  limits.set_collective_seconds(dice.Between(5, 10));
}

}  // namespace

RunSetup DrawRunSetup(Dice& dice) {
  RunSetup setup;
  RunSpec& spec = setup.spec;
  spec.set_name("simulated");
  spec.set_seed(dice.Below(1000));
  const int stages = static_cast<int>(dice.Between(1, 3));
  for (int i = 0; i < stages; ++i) {
    StageSpec& stage = *spec.add_stage();
    StageSources& sources = setup.sources.emplace_back();
    stage.set_name(absl::StrCat("stage-", i));
    if (dice.Chance(0.3)) {
      stage.mutable_sft()->set_examples("examples");
      stage.mutable_sft()->set_steps(dice.Between(1, 6));
      stage.mutable_sft()->set_examples_per_step(dice.Between(1, 4));
    } else {
      DrawRl(dice, *stage.mutable_rl(), sources);
    }
    if (dice.Chance(0.6)) DrawEval(dice, *stage.mutable_eval(), sources);
    DrawStart(dice, spec, i, stage);
  }
  spec.mutable_checkpoint()->set_every_steps(dice.Below(4));
  spec.mutable_checkpoint()->set_keep(dice.Between(2, 4));
  spec.mutable_samples()->set_per_step(dice.Below(3));
  DrawLimits(dice, *spec.mutable_limits());
  setup.actors = static_cast<uint32_t>(dice.Between(1, 3));
  setup.rewarders = static_cast<uint32_t>(dice.Below(3));
  setup.sequences_per_actor = static_cast<uint32_t>(dice.Between(1, 10));
  if (dice.Chance(0.5)) setup.score_error_rate = 0.4 * dice.Uniform();
  setup.solved_rate = dice.Uniform();
  setup.inexact_replay = dice.Chance(0.12);
  absl::StatusOr<RunPlan> plan =
      MakeRunPlan(spec, setup.sources, static_cast<uint32_t>(dice.Between(1, 3)));
  GYRE_CHECK(plan.ok(), "a drawn spec is valid");
  setup.plan = *std::move(plan);
  return setup;
}

}  // namespace gyre::coordinator::simulation
