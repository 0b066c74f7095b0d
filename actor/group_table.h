#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "actor/cache_room.h"
#include "base/mutex.h"
#include "engine/generation_request.h"
#include "engine/policy.h"
#include "proto/coordinator.pb.h"
#include "proto/group.pb.h"
#include "text/tokenizer.h"

namespace gyre::actor {

// Finished samples of one group that want outcomes.
inline constexpr size_t kPromptEndTokens = 16;
struct ScoreTask {
  struct Response {
    uint32_t index = 0;
    std::vector<int32_t> token_ids;
    FinishReason finish_reason = FINISH_REASON_UNSPECIFIED;
  };
  uint64_t lease_id = 0;
  Problem problem;
  std::vector<std::string> components;
  std::shared_ptr<const text::Tokenizer> tokenizer;
  std::vector<int32_t> prompt_end;  // the prompt's last tokens, at most kPromptEndTokens
  std::vector<Response> responses;
  std::stop_token unwanted;  // requested when the group is held no more
};

struct ScoredResponse {
  uint32_t index = 0;
  std::string text;
  Outcome outcome;
};

// Why a lease is returned.
struct ReturnReason {
  std::string text;
  // For the group's or the policy's own sake, so that any actor would return it.
  bool cannot_be_made = false;

  // `why` of this problem: INVALID_ARGUMENT and RESOURCE_EXHAUSTED would come again.
  static ReturnReason Of(const Problem& problem, const absl::Status& why);
};

// A group that leaves: handed in with all its samples, or its lease returned.
struct OutgoingGroup {
  Lease lease;
  std::optional<ReturnReason> return_reason;  // none: hand it in
  std::vector<int32_t> prompt;
  float probe_difference = 0;
  std::vector<Sample> samples;  // by index
};

// The groups that this actor has a lease of and how far each is: waiting for its policy, decoding
// (with finished samples being scored meanwhile), leaving. It stands between the threads: leases
// come in from one, samples from the engine's, outcomes from the scoring ones; groups are taken out
// by those that hand them in. Its size is bounded by FreeSequences, which decides how much is
// leased. All methods from any thread; a lease that is not held (any more) is ignored everywhere,
// since it may be lost at any moment.
class GroupTable {
 public:
  struct Options {
    uint32_t max_sequences = 256;
    // A finished sample waits so long for others of its group before it goes to a rewarder.
    absl::Duration score_delay = absl::Milliseconds(200);
    uint32_t responses_per_score = 64;  // at most, in one task
    // The same of tokens, so that a request fits a message; a task has one response at least.
    uint32_t tokens_per_score = 1 << 21;
  };

  explicit GroupTable(const Options& options) : options_(options) {}
  GroupTable(const GroupTable&) = delete;
  GroupTable& operator=(const GroupTable&) = delete;

  // ---- Leases -----------------------------------------------------------------------------------

  // A new group, waiting for its policy. ALREADY_EXISTS: the lease is held.
  absl::Status Add(Lease lease, const engine::PolicyIdentity& policy);
  // The blocks of the engine's cache. Before they and a first prompt are known, one group may be
  // held.
  void SetCacheBlocks(int64_t blocks);
  // How many more samples may be leased, if they are like those of the last group: those that are
  // not decoded yet stay within max_sequences and within the cache, so that none of them waits for
  // long (a lease without progress is lost); those that are not handed in within twice
  // max_sequences.
  uint32_t FreeSequences() const;
  uint32_t NumGroups() const;
  // Blocks until there is room for another group of `sequences` (or, if that is more than there can
  // ever be, until all is free), or no group is held, a stop is requested or `deadline`. Whether it
  // is so.
  bool WaitForRoom(uint32_t sequences, std::stop_token stop, absl::Time deadline);
  std::vector<HeldLease> HeldLeases() const;
  std::vector<HeartbeatRequest::LeaseProgress> Progress() const;
  // Forgets leases that the coordinator has taken away; a group that is leaving stays, since it may
  // still be taken. Returns those that were forgotten.
  std::vector<uint64_t> Lose(const std::vector<uint64_t>& lease_ids);
  // All leases at once, for draining. Those that are leaving are included.
  std::vector<uint64_t> LoseAll();
  // The group leaves without samples; what is under way for it is wanted no more. Ignored if it is
  // leaving already.
  void Return(uint64_t lease_id, const absl::Status& why);
  bool Holds(uint64_t lease_id) const;

  // ---- Policies ---------------------------------------------------------------------------------

  std::set<engine::PolicyIdentity> PoliciesInUse() const;
  bool AnyAwaits(const engine::PolicyIdentity& policy) const;
  // The groups that wait for this policy; they wait no more, so each is returned once.
  std::vector<Lease> TakeAwaiting(const engine::PolicyIdentity& policy);

  // ---- Samples ----------------------------------------------------------------------------------

  // What belongs to the group once its prompt is rendered; before its samples come.
  void SetPrompt(uint64_t lease_id, std::vector<int32_t> prompt, float probe_difference,
                 std::shared_ptr<const text::Tokenizer> tokenizer);
  void AddFinished(engine::FinishedSample finished);
  void SetProgress(const std::vector<engine::RequestProgress>& progress);

  // Blocks until there is something to score; CANCELLED when a stop is requested,
  // DEADLINE_EXCEEDED.
  absl::StatusOr<ScoreTask> TakeScoreTask(std::stop_token stop, absl::Time deadline);
  void AddOutcomes(uint64_t lease_id, std::vector<ScoredResponse> scored);

  // Blocks until a group is ready to leave; errors as above. It stays held until Remove.
  absl::StatusOr<OutgoingGroup> TakeOutgoing(std::stop_token stop, absl::Time deadline);
  void Remove(uint64_t lease_id);

 private:
  enum class Phase {
    kAwaitsPolicy,
    kDecoding,
    kComplete,   // to be handed in
    kReturning,  // to be returned
    kLeaving,    // taken out, and still held
  };
  enum class SampleState { kDecoding, kFinished, kScoring, kScored };
  struct Group {
    Lease lease;
    engine::PolicyIdentity policy;
    Phase phase = Phase::kAwaitsPolicy;
    std::vector<int32_t> prompt;
    float probe_difference = 0;
    std::shared_ptr<const text::Tokenizer> tokenizer;
    std::vector<Sample> samples;
    std::vector<SampleState> states;
    absl::Time first_unscored;     // when the oldest sample in kFinished came
    uint64_t tokens = 0;           // that the engine has made, as of its last report
    uint64_t finished_tokens = 0;  // of these, in finished samples
    std::optional<ReturnReason> return_reason;
    std::stop_source unwanted;

    uint32_t Count(SampleState state) const;
    // Samples that are or will be in the engine.
    uint32_t NotDecoded() const;
    bool leaves() const { return phase > Phase::kDecoding; }
    GroupShape shape() const;
  };

  Group* Find(uint64_t lease_id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  uint32_t FreeSequencesLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // FreeSequencesLocked(), were no group held.
  uint32_t MostSequences() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // From when on its finished samples are to be scored; InfiniteFuture if there are none.
  absl::Time ScoreTime(const Group& group) const;
  // The group whose time comes first, or null.
  Group* NextToScore() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Group* NextOutgoing() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  ScoreTask MakeScoreTask(Group& group) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  mutable base::Mutex mutex_;
  base::CondVar room_changed_;   // fewer samples to decode, or fewer groups
  base::CondVar score_changed_;  // something is to be scored, or earlier than before
  base::CondVar ready_changed_;
  std::map<uint64_t, Group> groups_ ABSL_GUARDED_BY(mutex_);  // by lease
  int64_t cache_blocks_ ABSL_GUARDED_BY(mutex_) = 0;
  // Of the last group; a prompt that is not rendered yet is taken to be like the last one.
  GroupShape shape_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace gyre::actor
