#include "tests/coordinator/simulation/small_run.h"

#include "base/check.h"

namespace gyre::coordinator::simulation {

RunSetup SmallRun() {
  RunSetup setup;
  RunSpec& spec = setup.spec;
  spec.set_name("small");
  StageSpec& stage = *spec.add_stage();
  stage.set_name("only");
  RlSpec& rl = *stage.mutable_rl();
  rl.set_problems("train");
  rl.set_prompts_per_step(2);
  rl.set_samples_per_prompt(2);
  rl.set_max_response_tokens(4);
  rl.set_max_policy_lag(1);
  rl.set_max_attempts(1);
  rl.set_steps(3);
  rl.add_reward()->set_component("accuracy");
  EvalSpec& eval = *stage.mutable_eval();
  eval.set_problems("eval");
  eval.set_samples_per_prompt(1);
  eval.set_at_start(true);
  eval.set_max_response_tokens(4);
  LimitsSpec& limits = *spec.mutable_limits();
  limits.set_lease_seconds(4);
  limits.set_lease_absolute_seconds(12);
  limits.set_score_seconds(6);
  limits.set_member_seconds(8);
  setup.sources = {{.train_problems = 5, .eval_problems = 1}};
  absl::StatusOr<RunPlan> plan = MakeRunPlan(spec, setup.sources, 1);
  GYRE_CHECK(plan.ok(), plan.status().ToString());
  setup.plan = *std::move(plan);
  return setup;
}

}  // namespace gyre::coordinator::simulation
