// What must hold when the run is over.
#include <cmath>

#include "tests/coordinator/simulation/witness.h"

namespace gyre::coordinator::simulation {

void Witness::CheckEnd(const Ledger& ledger, const LedgerContents& stored) {
  CheckStored(ledger, stored);
  const GroupTally& tally = ledger.tally();
  for (const GroupState state :
       {GroupState::kPending, GroupState::kLeased, GroupState::kReady, GroupState::kAssigned}) {
    if (tally.in(state) > 0) {
      world_.Violate("the run is finished with ", tally.in(state), " groups in state ",
                     static_cast<int>(state));
    }
  }
  if (tally.issued() != record_.groups().size()) {
    world_.Violate(tally.issued(), " groups were issued, ", record_.groups().size(), " written");
  }
  const int64_t end = world_.setup.plan.end_version();
  if (record_.committed() != end) world_.Violate("the run ended at ", record_.committed());
  const CheckpointRow* checkpoint = record_.FindCheckpoint(end);
  if (checkpoint == nullptr || checkpoint->removed) {
    return world_.Violate("the run ended without a checkpoint");
  }
  if (world_.setup.inexact_replay) return;
  if (checkpoint->policy_digest != expected_.digests.back()) {
    world_.Violate("the run ended with another policy than a run without faults");
  }
  for (int64_t version = 1; version <= end; ++version) {
    const std::string& digest = record_.Step(version).policy_digest;
    if (!digest.empty() && digest != expected_.digests[version]) {
      world_.Violate("version ", version, " is another policy than without faults");
    }
  }
  CheckFates();
  CheckEvaluations();
}

void Witness::CheckStored(const Ledger& ledger, const LedgerContents& stored) {
  record_.CheckLoaded(stored);
  const Ledger twin(world_.setup.plan, stored, world_.now());
  if (twin.DurableStateInWords() != ledger.DurableStateInWords()) {
    world_.Violate("the disk says\n", twin.DurableStateInWords(), "memory says\n",
                   ledger.DurableStateInWords());
  }
}

void Witness::CheckFates() {
  for (const auto& [key, row] : record_.groups()) {
    const auto expected = expected_.groups.find(key);
    const ExpectedRun::Fate fate{.state = row.state, .drop_reason = row.drop_reason};
    if (expected == expected_.groups.end() || !(expected->second == fate)) {
      world_.Violate(Describe(key), " ended in state ", static_cast<int>(row.state), " ",
                     row.drop_reason, ", otherwise than without faults");
    }
  }
  if (record_.groups().size() != expected_.groups.size()) {
    world_.Violate(record_.groups().size(), " groups were issued, ", expected_.groups.size(),
                   " without faults");
  }
}

void Witness::CheckEvaluations() {
  if (record_.evaluations().size() != expected_.evaluations.size()) {
    return world_.Violate(record_.evaluations().size(), " evaluations, ",
                          expected_.evaluations.size(), " without faults");
  }
  for (size_t i = 0; i < expected_.evaluations.size(); ++i) {
    const EvalResult& result = record_.evaluations()[i].result;
    const EvalResult& expected = expected_.evaluations[i];
    if (result.problems() != expected.problems() ||
        std::abs(result.accuracy() - expected.accuracy()) > 1e-9 ||
        std::abs(result.pass_at_k() - expected.pass_at_k()) > 1e-9) {
      world_.Violate("evaluation ", i,
                     " came out otherwise than without faults: ", result.ShortDebugString(),
                     " instead of ", expected.ShortDebugString());
    }
  }
}

}  // namespace gyre::coordinator::simulation
