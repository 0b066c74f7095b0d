#include "actor/group_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace gyre::actor {

ReturnReason ReturnReason::Of(const Problem& problem, const absl::Status& why) {
  return {.text = absl::StrCat("problem ", problem.id(), ": ", why.message()),
          .cannot_be_made = absl::IsInvalidArgument(why) || absl::IsResourceExhausted(why)};
}

uint32_t GroupTable::Group::Count(SampleState state) const {
  return static_cast<uint32_t>(std::count(states.begin(), states.end(), state));
}

uint32_t GroupTable::Group::NotDecoded() const {
  return leaves() ? 0 : Count(SampleState::kDecoding);
}

GroupShape GroupTable::Group::shape() const {
  return {.samples = static_cast<int64_t>(states.size()),
          .prompt_tokens = static_cast<int64_t>(prompt.size()),
          .response_tokens = lease.sampling().max_response_tokens()};
}

GroupTable::Group* GroupTable::Find(uint64_t lease_id) {
  const auto found = groups_.find(lease_id);
  return found == groups_.end() ? nullptr : &found->second;
}

absl::Status GroupTable::Add(Lease lease, const engine::PolicyIdentity& policy) {
  base::MutexLock lock(mutex_);
  const uint64_t id = lease.lease_id();
  Group group;
  group.policy = policy;
  group.samples.resize(lease.sampling().samples());
  group.states.resize(lease.sampling().samples(), SampleState::kDecoding);
  group.lease = std::move(lease);
  const GroupShape shape = group.shape();
  if (!groups_.emplace(id, std::move(group)).second) {
    return absl::AlreadyExistsError(absl::StrCat("lease ", id, " is held"));
  }
  shape_.samples = shape.samples;
  shape_.response_tokens = shape.response_tokens;
  return absl::OkStatus();
}

void GroupTable::SetCacheBlocks(int64_t blocks) {
  base::MutexLock lock(mutex_);
  cache_blocks_ = blocks;
  room_changed_.NotifyAll();
}

uint32_t GroupTable::MostSequences() const {
  if (shape_.prompt_tokens == 0) return 0;
  return static_cast<uint32_t>(
      std::min<int64_t>(options_.max_sequences, SamplesThatFit(shape_, cache_blocks_)));
}

uint32_t GroupTable::FreeSequencesLocked() const {
  if (shape_.prompt_tokens == 0) return 0;
  int64_t decoding = 0;
  int64_t held = 0;
  int64_t blocks = 0;
  for (const auto& [id, group] : groups_) {
    held += static_cast<int64_t>(group.states.size());
    const int64_t samples = group.NotDecoded();
    if (samples == 0) continue;
    decoding += samples;
    GroupShape shape = group.shape();
    if (group.prompt.empty()) shape.prompt_tokens = shape_.prompt_tokens;
    blocks += shape.PromptBlocks() + samples * shape.SampleBlocks();
  }
  const int64_t most = options_.max_sequences;
  const int64_t free =
      std::min({most - decoding, 2 * most - held, SamplesThatFit(shape_, cache_blocks_ - blocks)});
  return static_cast<uint32_t>(std::max<int64_t>(0, free));
}

uint32_t GroupTable::FreeSequences() const {
  base::MutexLock lock(mutex_);
  return FreeSequencesLocked();
}

uint32_t GroupTable::NumGroups() const {
  base::MutexLock lock(mutex_);
  return static_cast<uint32_t>(groups_.size());
}

bool GroupTable::WaitForRoom(uint32_t sequences, std::stop_token stop, absl::Time deadline) {
  base::MutexLock lock(mutex_);
  return room_changed_.WaitUntil(mutex_, stop, deadline, [&] {
    mutex_.AssertHeld();
    const uint32_t wanted = std::max(1u, std::min(sequences, MostSequences()));
    return groups_.empty() || FreeSequencesLocked() >= wanted;
  });
}

std::vector<HeldLease> GroupTable::HeldLeases() const {
  base::MutexLock lock(mutex_);
  std::vector<HeldLease> held;
  for (const auto& [id, group] : groups_) {
    HeldLease lease;
    lease.set_lease_id(id);
    *lease.mutable_group() = group.lease.group();
    *lease.mutable_policy() = group.lease.policy();
    held.push_back(std::move(lease));
  }
  return held;
}

std::vector<HeartbeatRequest::LeaseProgress> GroupTable::Progress() const {
  base::MutexLock lock(mutex_);
  std::vector<HeartbeatRequest::LeaseProgress> all;
  for (const auto& [id, group] : groups_) {
    HeartbeatRequest::LeaseProgress progress;
    progress.set_lease_id(id);
    progress.set_tokens(std::max(group.tokens, group.finished_tokens));
    progress.set_outcomes(group.Count(SampleState::kScored));
    progress.set_waiting_for_rewarder(
        group.Count(SampleState::kFinished) + group.Count(SampleState::kScoring) > 0);
    all.push_back(std::move(progress));
  }
  return all;
}

std::vector<uint64_t> GroupTable::Lose(const std::vector<uint64_t>& lease_ids) {
  std::vector<uint64_t> lost;
  std::vector<std::stop_source> unwanted;
  {
    base::MutexLock lock(mutex_);
    for (const uint64_t id : lease_ids) {
      const Group* group = Find(id);
      if (group == nullptr || group->leaves()) continue;
      unwanted.push_back(group->unwanted);
      groups_.erase(id);
      lost.push_back(id);
    }
    room_changed_.NotifyAll();
  }
  // Not under the mutex: it ends calls of other threads.
  for (std::stop_source& group : unwanted) group.request_stop();
  return lost;
}

std::vector<uint64_t> GroupTable::LoseAll() {
  base::MutexLock lock(mutex_);
  std::vector<uint64_t> ids;
  for (const auto& [id, group] : groups_) ids.push_back(id);
  groups_.clear();
  room_changed_.NotifyAll();
  return ids;
}

void GroupTable::Return(uint64_t lease_id, const absl::Status& why) {
  std::stop_source unwanted;
  {
    base::MutexLock lock(mutex_);
    Group* group = Find(lease_id);
    if (group == nullptr || group->leaves()) return;
    group->return_reason = ReturnReason::Of(group->lease.problem(), why);
    group->phase = Phase::kReturning;
    unwanted = group->unwanted;
    ready_changed_.NotifyOne();
    room_changed_.NotifyAll();
  }
  unwanted.request_stop();
}

bool GroupTable::Holds(uint64_t lease_id) const {
  base::MutexLock lock(mutex_);
  return groups_.count(lease_id) > 0;
}

std::set<engine::PolicyIdentity> GroupTable::PoliciesInUse() const {
  base::MutexLock lock(mutex_);
  std::set<engine::PolicyIdentity> policies;
  for (const auto& [id, group] : groups_) policies.insert(group.policy);
  return policies;
}

bool GroupTable::AnyAwaits(const engine::PolicyIdentity& policy) const {
  base::MutexLock lock(mutex_);
  return std::any_of(groups_.begin(), groups_.end(), [&](const auto& entry) {
    return entry.second.phase == Phase::kAwaitsPolicy && entry.second.policy == policy;
  });
}

std::vector<Lease> GroupTable::TakeAwaiting(const engine::PolicyIdentity& policy) {
  base::MutexLock lock(mutex_);
  std::vector<Lease> leases;
  for (auto& [id, group] : groups_) {
    if (group.phase != Phase::kAwaitsPolicy || group.policy != policy) continue;
    group.phase = Phase::kDecoding;
    leases.push_back(group.lease);
  }
  return leases;
}

}  // namespace gyre::actor
