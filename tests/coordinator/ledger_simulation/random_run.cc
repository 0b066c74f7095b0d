#include "tests/coordinator/ledger_simulation/random_run.h"

#include "base/check.h"

namespace gyre::coordinator::simulation {
namespace {

using Rng = std::mt19937_64;

uint32_t Between(Rng& rng, uint32_t low, uint32_t high) {
  return std::uniform_int_distribution<uint32_t>(low, high)(rng);
}

bool Chance(Rng& rng, double probability) {
  return std::uniform_real_distribution<double>(0, 1)(rng) < probability;
}

void DrawEval(Rng& rng, StageSpec& stage) {
  EvalSpec& eval = *stage.mutable_eval();
  eval.set_problems("eval");
  eval.set_samples_per_prompt(Between(rng, 1, 5));
  if (Chance(rng, 0.5)) eval.set_interim_samples_per_prompt(Between(rng, 1, 3));
  eval.set_every_steps(Between(rng, 0, 3));
  eval.set_at_start(Chance(rng, 0.7));
  eval.set_max_response_tokens(16);
  eval.set_transcripts(Between(rng, 0, 2));
}

void DrawStage(Rng& rng, int index, StageSpec& stage) {
  stage.set_name("stage" + std::to_string(index));
  if (Chance(rng, 0.4)) {
    stage.mutable_sft()->set_steps(Between(rng, 1, 4));
    stage.mutable_sft()->set_examples_per_step(4);
  } else {
    RlSpec& rl = *stage.mutable_rl();
    rl.set_problems("train");
    rl.set_prompts_per_step(Between(rng, 1, 4));
    rl.set_samples_per_prompt(Between(rng, 2, 4));
    rl.set_max_response_tokens(16);
    rl.add_reward()->set_component("accuracy");
    rl.set_drop_zero_variance_groups(Chance(rng, 0.4));
    rl.set_max_attempts(Between(rng, 1, 4));
    rl.set_updates_per_step(Between(rng, 1, 2));
    rl.set_steps(Between(rng, 1, 6));
    rl.set_max_policy_lag(Chance(rng, 0.5) ? 0 : Between(rng, 1, 3));
  }
  if (Chance(rng, 0.6)) DrawEval(rng, stage);
  if (Chance(rng, 0.2)) stage.set_start(StageSpec::MODEL);
  if (index > 0 && Chance(rng, 0.2)) {
    stage.set_start_from("stage:stage" + std::to_string(Between(rng, 0, index - 1)));
  }
}

Faults DrawFaults(Rng& rng) {
  Faults faults;
  faults.end = absl::Seconds(Between(rng, 10, 60));
  if (Chance(rng, 0.5)) faults.lose_message = 0.1 / Between(rng, 1, 5);
  if (Chance(rng, 0.5)) faults.repeat_message = 0.1 / Between(rng, 1, 3);
  if (Chance(rng, 0.5)) faults.max_delay = absl::Milliseconds(Between(rng, 50, 3000));
  if (Chance(rng, 0.6)) faults.kills_per_second = 0.5 / Between(rng, 1, 5);
  if (Chance(rng, 0.4)) faults.hangs_per_second = 0.3 / Between(rng, 1, 5);
  if (Chance(rng, 0.6)) faults.crashes_per_second = 0.5 / Between(rng, 1, 5);
  if (Chance(rng, 0.5)) faults.lie = 0.3 / Between(rng, 1, 5);
  if (Chance(rng, 0.5)) faults.return_lease = 0.2 / Between(rng, 1, 3);
  if (Chance(rng, 0.5)) faults.lose_policy = 0.3 / Between(rng, 1, 3);
  return faults;
}

}  // namespace

RandomRun DrawRun(uint64_t seed) {
  Rng rng(seed);
  RunSpec spec;
  spec.set_name("simulated");
  spec.set_seed(seed);
  const int stages = static_cast<int>(Between(rng, 1, 3));
  for (int i = 0; i < stages; ++i) DrawStage(rng, i, *spec.add_stage());
  spec.mutable_checkpoint()->set_every_steps(Between(rng, 0, 3));
  LimitsSpec& limits = *spec.mutable_limits();
  limits.set_lease_seconds(4);
  limits.set_lease_absolute_seconds(Between(rng, 15, 60));
  limits.set_score_seconds(8);
  limits.set_member_seconds(Between(rng, 4, 8));
  std::vector<StageSources> sources(stages);
  for (StageSources& each : sources) {
    each = {.train_problems = Between(rng, 1, 9), .eval_problems = Between(rng, 1, 5)};
  }
  for (int i = 0; i < stages; ++i) {
    if (!spec.stage(i).has_eval()) sources[i].eval_problems = 0;
    if (!spec.stage(i).has_rl()) sources[i].train_problems = 0;
  }
  absl::StatusOr<RunPlan> plan = MakeRunPlan(spec, sources, Between(rng, 1, 3));
  GYRE_CHECK(plan.ok(), plan.status().ToString());
  RandomRun run{.plan = *std::move(plan), .faults = DrawFaults(rng), .seed = seed};
  run.actors = static_cast<int>(Between(rng, 1, 4));
  run.inexact_replay = Chance(rng, 0.25);
  if (Chance(rng, 0.5)) run.unscored = 0.3;
  if (Chance(rng, 0.5)) run.zero_variance = 0.3;
  run.deterministic = !run.inexact_replay;
  for (const StagePlan& stage : run.plan.stages) {
    run.deterministic = run.deterministic && stage.max_policy_lag == 0;
  }
  return run;
}

}  // namespace gyre::coordinator::simulation
