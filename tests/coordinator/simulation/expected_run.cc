#include "tests/coordinator/simulation/expected_run.h"

#include <algorithm>

#include "coordinator/totals.h"
#include "tests/coordinator/simulation/fake_samples.h"

namespace gyre::coordinator::simulation {
namespace {

class Walk {
 public:
  Walk(const RunSetup& setup, ExpectedRun& run) : setup_(setup), run_(run) {}

  void Run() {
    weights_ = FirstWeights();
    run_.digests.push_back(weights_.digest);
    for (const StagePlan& stage : setup_.plan.stages) RunStage(stage);
  }

 private:
  void RunStage(const StagePlan& stage) {
    switch (stage.start) {
      case StagePlan::Start::kPrevious:
        break;
      case StagePlan::Start::kModel:
        weights_ = FirstWeights();
        break;
      case StagePlan::Start::kFolder:
        weights_ = WeightsOfFolder(stage.start_folder);
        break;
      case StagePlan::Start::kStageEnd:
        weights_.digest = run_.digests[setup_.plan.stages[stage.start_stage].end_version()];
        break;
    }
    weights_ = BeginStage(weights_, stage.index);
    size_t evaluations = 0;
    for (uint32_t step = 0;; ++step) {
      if (evaluations < stage.evaluations.size() && stage.evaluations[evaluations].step == step) {
        Evaluate(stage, evaluations++);
      }
      if (step == stage.steps) return;
      weights_ = Train(weights_, stage.is_rl ? RlGradient(stage, step) : SftGradient(stage, step));
      run_.digests.push_back(weights_.digest);
    }
  }

  uint64_t SftGradient(const StagePlan& stage, uint32_t step) const {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < stage.batch; ++i) {
      sum += ExampleGradient(stage.index, uint64_t{step} * stage.batch + i);
    }
    return sum;
  }

  uint64_t RlGradient(const StagePlan& stage, uint32_t step) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < stage.batch; ++i) {
      const Group group = Settle(stage, TRAIN, uint64_t{step} * stage.batch + i);
      if (group.has_id()) sum += GroupGradient(setup_, group);
    }
    return sum;
  }

  void Evaluate(const StagePlan& stage, size_t index) {
    EvalResult& result = run_.evaluations.emplace_back();
    double sum = 0;
    uint32_t scored = 0;
    uint32_t solved = 0;
    for (uint64_t i = 0; i < stage.eval_problems; ++i) {
      const Group group = Settle(stage, EVAL, index * stage.eval_problems + i);
      if (!group.has_id()) continue;
      result.set_problems(result.problems() + 1);
      bool any = false;
      for (const Sample& sample : group.samples()) {
        const ComponentOutcome& accuracy = sample.outcome().components(0);
        if (!accuracy.has_value()) continue;
        ++scored;
        sum += accuracy.value();
        any |= accuracy.value() == 1;
      }
      solved += any;
    }
    result.set_accuracy(scored == 0 ? 0 : sum / scored);
    result.set_pass_at_k(result.problems() == 0 ? 0
                                                : static_cast<double>(solved) / result.problems());
  }

  // The attempt of the slot that has effect; without an id if the slot is void.
  Group Settle(const StagePlan& stage, Purpose purpose, uint64_t slot) {
    for (uint32_t attempt = 0; attempt < stage.max_attempts; ++attempt) {
      const GroupKey key{
          .stage = stage.index, .purpose = purpose, .slot = slot, .attempt = attempt};
      Group group = MakeGroup(setup_, key, {{.version = 0, .root_digest = weights_.digest}});
      const std::string reason = DropReason(stage, group);
      if (reason.empty()) {
        run_.groups[key].state = purpose == EVAL ? GroupState::kEvaluated : GroupState::kConsumed;
        return group;
      }
      run_.groups[key] = {.state = GroupState::kDropped, .drop_reason = reason};
    }
    return {};
  }

  std::string DropReason(const StagePlan& stage, const Group& group) const {
    const Purpose purpose = group.id().purpose();
    const GroupTotals totals = ComputeTotals(
        group, MakeTotalsRule(setup_.spec.stage(static_cast<int>(stage.index)), purpose));
    if (2 * totals.scored_samples() < group.sampling().samples()) return "unscored";
    const bool filtered = purpose == TRAIN && stage.drop_zero_variance_groups;
    return filtered && totals.zero_variance() ? "zero_variance" : "";
  }

  const RunSetup& setup_;
  ExpectedRun& run_;
  FakeWeights weights_;
};

}  // namespace

ExpectedRun ExpectRun(const RunSetup& setup) {
  ExpectedRun run;
  Walk(setup, run).Run();
  return run;
}

}  // namespace gyre::coordinator::simulation
