// What must be pending, leased or done by now, counted from the rows alone.
#include <algorithm>

#include "coordinator/slot_line.h"
#include "tests/coordinator/simulation/durable_record.h"

namespace gyre::coordinator::simulation {

int64_t DurableRecord::OldestFor(const GroupKey& key) const {
  const StagePlan& stage = world_.setup.plan.stages[key.stage];
  if (key.purpose == EVAL) return committed();
  const int64_t step = static_cast<int64_t>(key.slot / stage.batch);
  return stage.base_version + std::max<int64_t>(0, step - stage.max_policy_lag);
}

uint64_t DurableRecord::IssuedIn(uint32_t stage, Purpose purpose, uint64_t open_slots) const {
  uint64_t issued = 0;
  for (uint64_t slot = 0; slot < open_slots; ++slot) {
    bool settled = false;
    uint32_t failures = 0;
    const GroupKey first{.stage = stage, .purpose = purpose, .slot = slot};
    for (auto at = groups_.lower_bound(first); at != groups_.end(); ++at) {
      const auto& [key, row] = *at;
      if (key.stage != stage || key.purpose != purpose || key.slot != slot) break;
      ++issued;
      settled |= row.state != GroupState::kDropped;
      failures += row.state == GroupState::kDropped && row.drop_reason != kStale;
    }
    // One more waits to be made, unless the slot is filled or void.
    const bool is_void = failures >= world_.setup.plan.stages[stage].max_attempts;
    issued += !settled && !is_void;
  }
  return issued;
}

uint64_t DurableRecord::Issued() const {
  uint64_t issued = 0;
  for (const auto& [index, times] : stages_) {
    const StagePlan& stage = world_.setup.plan.stages[index];
    const int64_t done = std::clamp<int64_t>(committed() - stage.base_version, 0, stage.steps);
    const uint64_t open_steps = std::min<uint64_t>(stage.steps, done + stage.max_policy_lag + 1);
    if (stage.is_rl) issued += IssuedIn(index, TRAIN, open_steps * stage.batch);
    const auto due =
        std::count_if(stage.evaluations.begin(), stage.evaluations.end(),
                      [&](const EvaluationPoint& point) { return point.step <= done; });
    issued += IssuedIn(index, EVAL, static_cast<uint64_t>(due) * stage.eval_problems);
  }
  return issued;
}

void DurableRecord::CheckBalance(const GroupTally& tally) {
  uint64_t sum = 0;
  for (int i = 0; i < kGroupStates; ++i) {
    const GroupState state = static_cast<GroupState>(i);
    sum += tally.in(state);
    if (state == GroupState::kPending || state == GroupState::kLeased) continue;
    if (tally.in(state) != in_state_[i]) {
      world_.Violate("state ", i, " is tallied ", tally.in(state), " times, and there are ",
                     in_state_[i], " such groups");
    }
  }
  if (sum != tally.issued()) {
    world_.Violate(tally.issued(), " groups were issued, the states add up to ", sum);
  }
  if (const uint64_t issued = Issued(); issued != tally.issued()) {
    world_.Violate(tally.issued(), " groups were issued, there must be ", issued, " by now");
  }
}

void DurableRecord::CheckGrant(const LeaseGrant& grant) {
  if (groups_.contains(grant.group)) {
    world_.Violate(Describe(grant.group), " is leased, but was accepted before");
  }
  if (!IsPublished(grant.policy)) {
    world_.Violate(Describe(grant.group), " is to be made with ", Describe(grant.policy),
                   ", which nobody published");
  }
  const int64_t oldest = OldestFor(grant.group);
  if (grant.policy.version < oldest || grant.policy.version > committed()) {
    world_.Violate(Describe(grant.group), " is to be made with ", Describe(grant.policy), "; ",
                   oldest, " to ", committed(), " are allowed");
  }
}

}  // namespace gyre::coordinator::simulation
