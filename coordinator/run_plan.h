#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "proto/group.pb.h"
#include "proto/run_spec.pb.h"

namespace gyre::coordinator {

// What the ledger needs of the run spec, resolved: which stages there are, how many steps, slots
// and evaluations each has, and the version at which each begins. Immutable.

struct EvaluationPoint {
  uint32_t step = 0;  // committed steps of the stage before it
  uint32_t samples_per_prompt = 0;
};

struct StagePlan {
  enum class Start { kPrevious, kModel, kStageEnd, kFolder };

  uint32_t index = 0;
  std::string name;
  bool is_rl = false;
  int64_t base_version = 0;  // version before its first step
  uint32_t steps = 0;
  uint32_t batch = 0;  // prompts_per_step, or examples_per_step
  uint32_t updates_per_step = 1;
  Start start = Start::kPrevious;
  uint32_t start_stage = 0;  // kStageEnd
  std::string start_folder;  // kFolder

  // RL only.
  uint32_t max_policy_lag = 0;
  bool drop_zero_variance_groups = false;
  SamplingParameters train_sampling;
  std::vector<std::string> train_components;
  uint64_t train_problems = 0;

  // Of slots of either purpose.
  uint32_t max_attempts = 3;

  // Evaluations in order; none without an EvalSpec.
  std::vector<EvaluationPoint> evaluations;
  uint64_t eval_problems = 0;  // P; the e-th evaluation has slots e·P … e·P+P−1
  uint32_t eval_max_response_tokens = 0;
  float eval_temperature = 1;
  std::vector<std::string> eval_components;
  uint32_t eval_transcripts = 0;

  int64_t end_version() const { return base_version + steps; }
  uint64_t train_slots() const { return is_rl ? uint64_t{steps} * batch : 0; }
  uint64_t eval_slots() const { return evaluations.size() * eval_problems; }
  // What a group of this purpose and slot must have been sampled with. The slot exists.
  SamplingParameters Sampling(Purpose purpose, uint64_t slot) const;
  const std::vector<std::string>& Components(Purpose purpose) const {
    return purpose == EVAL ? eval_components : train_components;
  }
  // The oldest version that a group of training step `step` may be sampled with.
  int64_t OldestVersion(uint32_t step) const {
    return base_version + (step > max_policy_lag ? step - max_policy_lag : 0);
  }
};

struct RunLimits {
  absl::Duration lease = absl::Seconds(10);
  absl::Duration lease_absolute = absl::Seconds(600);
  absl::Duration score = absl::Seconds(60);
  absl::Duration member = absl::Seconds(10);
};

struct RunPlan {
  std::string name;
  uint64_t seed = 1;
  std::vector<StagePlan> stages;
  RunLimits limits;
  uint32_t checkpoint_every_steps = 0;  // of a stage; 0: only at its end
  uint32_t checkpoints_kept = 2;
  uint32_t transcripts_per_step = 2;
  uint32_t learner_ranks = 1;

  // The stage and step that make version + 1; `version` is below the run's last.
  struct Place {
    uint32_t stage = 0;
    uint32_t step = 0;
  };
  Place PlaceOf(int64_t version) const;
  int64_t end_version() const { return stages.back().end_version(); }
  bool CheckpointAfter(const StagePlan& stage, uint32_t step) const;
  // Whether the commit of this step brings a manifest: each RL step, and an SFT step that an
  // evaluation or an RL stage which takes over its weights follows.
  bool PublishAfter(const StagePlan& stage, uint32_t step) const;
};

// How many problems a stage's sources have; 0 where it has no such source.
struct StageSources {
  uint64_t train_problems = 0;
  uint64_t eval_problems = 0;
};

// `spec` is a valid one (see spec/); what a plan cannot be made of is INVALID_ARGUMENT all the
// same.
absl::StatusOr<RunPlan> MakeRunPlan(const RunSpec& spec, const std::vector<StageSources>& sources,
                                    uint32_t learner_ranks);

}  // namespace gyre::coordinator
