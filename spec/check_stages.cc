#include <set>

#include "absl/strings/str_cat.h"
#include "spec/reward_components.h"
#include "spec/stage_checks.h"

namespace gyre::spec {
namespace {

// What no run needs more of, so that a slip of the pen is found here and not by processes that
// cannot do what they are asked for.
constexpr double kMaximumSteps = 1e9;
constexpr double kMaximumBatch = 1 << 20;    // prompts or examples of a step
constexpr double kMaximumSamples = 1 << 16;  // of a prompt
constexpr double kMaximumAttempts = 1000;
constexpr double kMaximumMicroBatch = 1 << 26;  // tokens

void CheckRewards(const RlSpec& rl, const std::string& path, FaultList& faults) {
  if (rl.reward().empty()) {
    faults.Add(path + ".reward",
               "it is required; add reward { component: \"accuracy\" weight: 1 }");
  }
  std::set<std::string> seen;
  for (int i = 0; i < rl.reward_size(); ++i) {
    const RewardSpec& reward = rl.reward(i);
    const std::string place = absl::StrCat(path, ".reward[", i, "]");
    if (!IsRewardComponent(reward.component())) {
      faults.Add(place + ".component", absl::StrCat("there is no component \"", reward.component(),
                                                    "\"; known are: ", RewardComponentNames()));
    } else if (!seen.insert(reward.component()).second) {
      faults.Add(place + ".component",
                 absl::StrCat("\"", reward.component(), "\" is there twice; keep one"));
    }
    faults.RequireRange(reward, place, "weight", -1e6, 1e6);
  }
}

void CheckGrpo(const GrpoSpec& grpo, const std::string& path, FaultList& faults) {
  faults.RequireRange(grpo, path, "std_epsilon", 0, 1);
  faults.RequireAbove(grpo, path, "clip_low", 0, 0.999999);
  faults.RequireAbove(grpo, path, "clip_high", 0, 100);
  faults.RequireRange(grpo, path, "kl_coefficient", 0, 1000);
  if (grpo.reference_every_steps() > 0 && grpo.kl_coefficient() == 0) {
    faults.Add(path + ".reference_every_steps",
               "with kl_coefficient 0 there is no reference model; leave it out or set "
               "kl_coefficient");
  }
}

void CheckOverlong(const RlSpec& rl, const std::string& path, FaultList& faults) {
  if (!rl.has_overlong()) return;
  const OverlongSpec& overlong = rl.overlong();
  faults.RequirePositive(overlong, path, {"max_tokens", "cache_tokens"});
  if (overlong.max_tokens() > 0 && overlong.cache_tokens() >= overlong.max_tokens()) {
    faults.Add(path + ".cache_tokens",
               absl::StrCat("it is ", overlong.cache_tokens(), "; it must be below max_tokens, ",
                            overlong.max_tokens()));
  }
  if (overlong.max_tokens() > rl.max_response_tokens() && rl.max_response_tokens() > 0) {
    faults.Add(path + ".max_tokens",
               absl::StrCat("it is ", overlong.max_tokens(),
                            ", but a response is cut at max_response_tokens, ",
                            rl.max_response_tokens(), "; lower it"));
  }
}

}  // namespace

void CheckSft(const SftSpec& sft, const std::string& path, const Surroundings& around,
              FaultList& faults) {
  faults.RequirePositive(sft, path,
                         {"steps", "examples_per_step", "max_tokens", "micro_batch_tokens"});
  faults.RequireAtMost(sft, path, "steps", kMaximumSteps);
  faults.RequireAtMost(sft, path, "examples_per_step", kMaximumBatch);
  faults.RequireAtMost(sft, path, "micro_batch_tokens", kMaximumMicroBatch);
  CheckExamples(sft, path + ".examples", around, faults);
  const ModelFacts& model = around.model;
  if (model.config && sft.max_tokens() > model.config->max_positions) {
    faults.Add(
        path + ".max_tokens",
        absl::StrCat("it is ", sft.max_tokens(), ", but the model has ",
                     model.config->max_positions, " positions; lower it or raise max_positions"));
  }
  CheckOptimizer(sft.optimizer(), path + ".optimizer", sft.steps(), faults);
}

void CheckRl(const RlSpec& rl, const std::string& path, const Surroundings& around,
             FaultList& faults) {
  faults.RequirePositive(rl, path,
                         {"prompts_per_step", "max_response_tokens", "steps", "updates_per_step",
                          "max_attempts", "micro_batch_tokens"});
  faults.RequireAtMost(rl, path, "prompts_per_step", kMaximumBatch);
  faults.RequireAtMost(rl, path, "samples_per_prompt", kMaximumSamples);
  faults.RequireAtMost(rl, path, "steps", kMaximumSteps);
  faults.RequireAtMost(rl, path, "max_attempts", kMaximumAttempts);
  faults.RequireAtMost(rl, path, "micro_batch_tokens", kMaximumMicroBatch);
  faults.RequireAtMost(rl, path, "max_policy_lag", kMaximumSteps);
  if (rl.samples_per_prompt() < 2) {
    faults.Add(path + ".samples_per_prompt",
               absl::StrCat("it is ", rl.samples_per_prompt(),
                            "; a sample is judged against its group, so a group needs at least 2"));
  }
  if (rl.updates_per_step() > rl.prompts_per_step() && rl.prompts_per_step() > 0) {
    faults.Add(
        path + ".updates_per_step",
        absl::StrCat("it is ", rl.updates_per_step(), "; a step has only ", rl.prompts_per_step(),
                     " groups (prompts_per_step), and each update needs at least one"));
  }
  faults.RequireAbove(rl, path, "temperature", 0, 100);
  CheckRewards(rl, path, faults);
  CheckOverlong(rl, path + ".overlong", faults);
  CheckGrpo(rl.grpo(), path + ".grpo", faults);
  CheckOptimizer(rl.optimizer(), path + ".optimizer",
                 static_cast<double>(rl.steps()) * rl.updates_per_step(), faults);
  CheckProblems(rl.problems(), path + ".problems", rl.template_(), rl.max_response_tokens(), around,
                faults);
}

void CheckEval(const StageSpec& stage, const std::string& path, const Surroundings& around,
               FaultList& faults) {
  if (!stage.has_eval()) return;
  const EvalSpec& eval = stage.eval();
  faults.RequirePositive(eval, path, {"samples_per_prompt"});
  faults.RequireAtMost(eval, path, "samples_per_prompt", kMaximumSamples);
  faults.RequireAtMost(eval, path, "interim_samples_per_prompt", kMaximumSamples);
  if (eval.has_interim_samples_per_prompt()) {
    faults.RequirePositive(eval, path, {"interim_samples_per_prompt"});
  }
  faults.RequireRange(eval, path, "temperature", 0, 100);
  if (eval.temperature() == 0 && eval.samples_per_prompt() > 1) {
    faults.Add(path + ".samples_per_prompt",
               "greedy samples (temperature 0) are all the same; set it to 1");
  }
  if (eval.has_max_response_tokens()) {
    faults.RequirePositive(eval, path, {"max_response_tokens"});
  } else if (!stage.has_rl()) {
    faults.Add(path + ".max_response_tokens",
               "an sft stage has no length of its own for responses; set it");
  }
  CheckProblems(eval.problems(), path + ".problems", stage.rl().template_(),
                eval.has_max_response_tokens() ? eval.max_response_tokens()
                                               : stage.rl().max_response_tokens(),
                around, faults);
}

}  // namespace gyre::spec
