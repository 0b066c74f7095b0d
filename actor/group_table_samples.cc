// The part of GroupTable that samples pass through, from the engine to leaving.
#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "actor/group_table.h"
#include "actor/sample_message.h"

namespace gyre::actor {

void GroupTable::SetPrompt(uint64_t lease_id, std::vector<int32_t> prompt, float probe_difference,
                           std::shared_ptr<const text::Tokenizer> tokenizer) {
  base::MutexLock lock(mutex_);
  Group* group = Find(lease_id);
  if (group == nullptr) return;
  group->prompt = std::move(prompt);
  shape_.prompt_tokens = group->shape().prompt_tokens;
  room_changed_.NotifyAll();
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
  task.prompt_end.assign(
      group.prompt.end() - static_cast<ptrdiff_t>(std::min(group.prompt.size(), kPromptEndTokens)),
      group.prompt.end());
  task.unwanted = group.unwanted.get_token();
  size_t tokens = 0;
  for (size_t i = 0; i < group.states.size(); ++i) {
    if (group.states[i] != SampleState::kFinished) continue;
    if (task.responses.size() == options_.responses_per_score) break;
    std::vector<int32_t> token_ids = TokensOf(group.samples[i]);
    tokens += token_ids.size();
    if (!task.responses.empty() && tokens > options_.tokens_per_score) break;
    group.states[i] = SampleState::kScoring;
    task.responses.push_back({.index = static_cast<uint32_t>(i),
                              .token_ids = std::move(token_ids),
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
    if (due <= now) {
      ScoreTask task = MakeScoreTask(*group);
      // This thread watches no more: whoever waits looks what is due next.
      score_changed_.NotifyOne();
      return task;
    }
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
  group->phase = Phase::kComplete;
  ready_changed_.NotifyOne();
}

GroupTable::Group* GroupTable::NextOutgoing() {
  for (auto& [id, group] : groups_) {
    if (group.phase == Phase::kComplete || group.phase == Phase::kReturning) return &group;
  }
  return nullptr;
}

absl::StatusOr<OutgoingGroup> GroupTable::TakeOutgoing(std::stop_token stop, absl::Time deadline) {
  base::MutexLock lock(mutex_);
  const bool ready = ready_changed_.WaitUntil(mutex_, stop, deadline, [&] {
    mutex_.AssertHeld();
    return NextOutgoing() != nullptr;
  });
  if (stop.stop_requested()) return absl::CancelledError("stopped");
  if (!ready) return absl::DeadlineExceededError("no group is ready");
  Group& group = *NextOutgoing();
  group.phase = Phase::kLeaving;
  OutgoingGroup outgoing;
  outgoing.lease = group.lease;
  outgoing.return_reason = group.return_reason;
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
