#include "actor/group_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "actor/sample_message.h"

namespace gyre::actor {
uint32_t GroupTable::Group::Count(SampleState state) const {
  return static_cast<uint32_t>(std::count(states.begin(), states.end(), state));
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
  if (!groups_.emplace(id, std::move(group)).second) {
    return absl::AlreadyExistsError(absl::StrCat("lease ", id, " is held"));
  }
  return absl::OkStatus();
}

uint32_t GroupTable::FreeSequencesLocked() const {
  uint64_t decoding = 0;
  uint64_t held = 0;
  for (const auto& [id, group] : groups_) {
    if (group.give_back_reason.empty()) decoding += group.Count(SampleState::kDecoding);
    held += group.states.size();
  }
  const uint64_t most = options_.max_sequences;
  return static_cast<uint32_t>(
      std::min(most - std::min(most, decoding), 2 * most - std::min(2 * most, held)));
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
    return groups_.empty() || FreeSequencesLocked() >= sequences;
  });
}

std::vector<HeldLease> GroupTable::HeldLeases() const {
  base::MutexLock lock(mutex_);
  std::vector<HeldLease> held;
  for (const auto& [id, group] : groups_) {
    HeldLease lease;
    lease.set_lease_id(id);
    *lease.mutable_group() = group.lease.group();
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
  base::MutexLock lock(mutex_);
  std::vector<uint64_t> lost;
  for (const uint64_t id : lease_ids) {
    const Group* group = Find(id);
    if (group == nullptr) continue;
    if (group->phase == Phase::kReady || group->phase == Phase::kLeaving) continue;
    groups_.erase(id);
    lost.push_back(id);
  }
  room_changed_.NotifyAll();
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

void GroupTable::GiveBack(uint64_t lease_id, const std::string& reason) {
  base::MutexLock lock(mutex_);
  Group* group = Find(lease_id);
  if (group == nullptr) return;
  group->give_back_reason = reason;
  group->phase = Phase::kReady;
  ready_changed_.NotifyOne();
  room_changed_.NotifyAll();
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

void GroupTable::SetPrompt(uint64_t lease_id, std::vector<int32_t> prompt, float probe_difference,
                           std::shared_ptr<const text::Tokenizer> tokenizer) {
  base::MutexLock lock(mutex_);
  Group* group = Find(lease_id);
  if (group == nullptr) return;
  group->prompt = std::move(prompt);
  group->probe_difference = probe_difference;
  group->tokenizer = std::move(tokenizer);
}

void GroupTable::AddFinished(engine::FinishedSample finished) {
  Sample sample = ToSample(finished);
  const auto index = static_cast<size_t>(finished.sample);
  base::MutexLock lock(mutex_);
  Group* group = Find(finished.request_id);
  if (group == nullptr || group->phase != Phase::kDecoding) return;
  group->finished_tokens += finished.tokens.size();
  const absl::Time score_time = ScoreTime(*group);
  if (group->Count(SampleState::kFinished) == 0) group->first_unscored = absl::Now();
  group->samples[index] = std::move(sample);
  group->states[index] = SampleState::kFinished;
  if (ScoreTime(*group) < score_time) score_changed_.NotifyOne();
  room_changed_.NotifyAll();
}

void GroupTable::SetProgress(const std::vector<engine::RequestProgress>& progress) {
  base::MutexLock lock(mutex_);
  for (const engine::RequestProgress& request : progress) {
    Group* group = Find(request.request_id);
    if (group != nullptr) group->tokens = std::max(group->tokens, request.tokens);
  }
}

absl::Time GroupTable::ScoreTime(const Group& group) const {
  if (group.phase != Phase::kDecoding) return absl::InfiniteFuture();
  const uint32_t finished = group.Count(SampleState::kFinished);
  if (finished == 0) return absl::InfiniteFuture();
  const bool waits_in_vain = group.Count(SampleState::kDecoding) == 0;
  if (waits_in_vain || finished >= options_.responses_per_score) return absl::InfinitePast();
  return group.first_unscored + options_.score_delay;
}

GroupTable::Group* GroupTable::NextToScore() {
  Group* next = nullptr;
  absl::Time earliest = absl::InfiniteFuture();
  for (auto& [id, group] : groups_) {
    const absl::Time time = ScoreTime(group);
    if (time >= earliest) continue;
    earliest = time;
    next = &group;
  }
  return next;
}

ScoreTask GroupTable::MakeScoreTask(Group& group) {
  ScoreTask task;
  task.lease_id = group.lease.lease_id();
  task.problem = group.lease.problem();
  task.components.assign(group.lease.components().begin(), group.lease.components().end());
  task.tokenizer = group.tokenizer;
  for (size_t i = 0; i < group.states.size(); ++i) {
    if (group.states[i] != SampleState::kFinished) continue;
    if (task.responses.size() == options_.responses_per_score) break;
    group.states[i] = SampleState::kScoring;
    task.responses.push_back({.index = static_cast<uint32_t>(i),
                              .token_ids = TokensOf(group.samples[i]),
                              .finish_reason = group.samples[i].finish_reason()});
  }
  return task;
}

absl::StatusOr<ScoreTask> GroupTable::TakeScoreTask(std::stop_token stop, absl::Time deadline) {
  base::MutexLock lock(mutex_);
  while (!stop.stop_requested()) {
    Group* group = NextToScore();
    const absl::Time due = group == nullptr ? absl::InfiniteFuture() : ScoreTime(*group);
    const absl::Time now = absl::Now();
    if (due <= now) return MakeScoreTask(*group);
    if (deadline <= now) return absl::DeadlineExceededError("nothing to score");
    // Until something changes that makes another group, or this one, due earlier.
    score_changed_.WaitUntil(mutex_, stop, std::min(due, deadline), [&] {
      mutex_.AssertHeld();
      const Group* next = NextToScore();
      return next != nullptr && ScoreTime(*next) < due;
    });
  }
  return absl::CancelledError("stopped");
}

void GroupTable::AddOutcomes(uint64_t lease_id, std::vector<ScoredResponse> scored) {
  base::MutexLock lock(mutex_);
  Group* group = Find(lease_id);
  if (group == nullptr || group->phase != Phase::kDecoding) return;
  for (ScoredResponse& response : scored) {
    Sample& sample = group->samples[response.index];
    sample.set_text(std::move(response.text));
    *sample.mutable_outcome() = std::move(response.outcome);
    group->states[response.index] = SampleState::kScored;
  }
  if (group->Count(SampleState::kScored) < group->states.size()) return;
  group->phase = Phase::kReady;
  ready_changed_.NotifyOne();
}

GroupTable::Group* GroupTable::NextReady() {
  for (auto& [id, group] : groups_) {
    if (group.phase == Phase::kReady) return &group;
  }
  return nullptr;
}

absl::StatusOr<OutgoingGroup> GroupTable::TakeOutgoing(std::stop_token stop, absl::Time deadline) {
  base::MutexLock lock(mutex_);
  const bool ready = ready_changed_.WaitUntil(mutex_, stop, deadline, [&] {
    mutex_.AssertHeld();
    return NextReady() != nullptr;
  });
  if (stop.stop_requested()) return absl::CancelledError("stopped");
  if (!ready) return absl::DeadlineExceededError("no group is ready");
  Group& group = *NextReady();
  group.phase = Phase::kLeaving;
  OutgoingGroup outgoing;
  outgoing.lease = group.lease;
  outgoing.give_back_reason = group.give_back_reason;
  outgoing.prompt = std::move(group.prompt);
  outgoing.probe_difference = group.probe_difference;
  outgoing.samples = std::move(group.samples);
  return outgoing;
}

void GroupTable::Remove(uint64_t lease_id) {
  base::MutexLock lock(mutex_);
  groups_.erase(lease_id);
  room_changed_.NotifyAll();
}

}  // namespace gyre::actor
