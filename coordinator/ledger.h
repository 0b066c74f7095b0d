#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "coordinator/checkpoint_list.h"
#include "coordinator/lease_table.h"
#include "coordinator/ledger_rows.h"
#include "coordinator/member_table.h"
#include "coordinator/policy_table.h"
#include "coordinator/problem_draw.h"
#include "coordinator/rank_table.h"
#include "coordinator/run_plan.h"
#include "coordinator/slot_line.h"
#include "coordinator/step_log.h"
#include "proto/coordinator.pb.h"

namespace gyre::coordinator {

struct LeaseGrant {
  uint64_t lease_id = 0;
  GroupKey group;
  ProblemDraw problem;
  SamplingParameters sampling;
  PolicyKey policy;
};

struct LeaseGrants {
  std::vector<LeaseGrant> grants = {};
  bool finished = false;
};

// A group that somebody hands in, without its payload. The samples have been checked by themselves.
struct Submission {
  MemberRef member;
  uint64_t lease_id = 0;
  GroupKey group;
  SamplingParameters sampling;
  std::vector<PolicyKey> policies;  // of its spans, each once
  GroupNumbers numbers;
};

enum class Admission {
  kDuplicate,          // it was accepted before; nothing is to be done
  kAccept,             // accept it; its samples are not needed any more
  kAcceptWithPayload,  // accept it, and keep its samples for training
};

// A group of a step as a rank reads it.
struct ShareEntry {
  GroupKey group;
  PayloadPlace place;
  float temperature = 1;
};

// How often a group may come back as one that cannot be made, or outlast its lease in spite of
// progress, before the run fails.
inline constexpr uint32_t kMostFailures = 3;

// The run as a pure state machine: (state, event, now) → (state, effects). No clock, thread, file,
// socket or database; the same events give the same state. Each public method is an event or a
// question; an event moves the run as far as it goes and adds effects. `now` never goes back by
// more than the clock's own steps. Not thread-safe. Error codes are those of
// proto/coordinator.proto.
//
// Invariants after every event: the groups of all states add up to those issued; no group is
// accepted that was sampled with a policy outside the published history or older than its slot
// allows; each group is consumed by one step at most; versions grow by one.
class Ledger {
 public:
  // What follows from events. The caller makes the rows durable, in order, before it answers the
  // event's caller; only then may the payloads and folders go.
  struct Effects {
    std::vector<LedgerRow> rows;
    std::vector<std::pair<uint32_t, uint32_t>> covered_steps;  // (stage, step): payloads may go
    std::vector<std::string> removed_checkpoints;              // folders, relative to run_dir
    bool summary_due = false;  // an evaluation or the run is complete
  };

  // Begins the next epoch on what is stored (nothing: a new run).
  Ledger(RunPlan plan, const LedgerContents& contents, absl::Time now);
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  // ---- Members (ledger_members.cc). The caller has checked token, build and spec.
  absl::StatusOr<JoinReply> Join(const JoinRequest& request, absl::Time now);
  absl::StatusOr<HeartbeatReply> Heartbeat(const HeartbeatRequest& request, absl::Time now);
  absl::Status Leave(const LeaveRequest& request, absl::Time now);
  // Time passes: leases and members run out.
  void Tick(absl::Time now);
  // Nobody could be heard for so long, since this process or its disk stood still: the time counts
  // against no lease and no member.
  void Excuse(absl::Duration gap);

  // A poll asks again and again for its caller, who spoke once, when the poll `arrived` (as a rule
  // now).
  using Arrival = std::optional<absl::Time>;

  // ---- Actors (ledger_actors.cc).
  absl::StatusOr<LeaseGrants> LeaseGroups(const LeaseGroupsRequest& request, absl::Time now,
                                          Arrival arrived = {});
  absl::StatusOr<PolicyManifest> GetPolicy(const GetPolicyRequest& request, absl::Time now);
  // The groups whose leases ended: those that the caller holds.
  absl::StatusOr<std::vector<GroupKey>> ReturnLeases(const ReturnLeasesRequest& request,
                                                     absl::Time now);
  // Whether a group is waited for, as far as its header tells: false is a duplicate. What is left
  // to check are the policies; numbers and policies of the submission are not looked at.
  absl::StatusOr<bool> Awaits(const Submission& submission, absl::Time now);
  // What is to be done with a group; unless it is a duplicate, Accept follows as the next event.
  absl::StatusOr<Admission> Admit(const Submission& submission, absl::Time now);
  void Accept(Submission submission, PayloadPlace place, std::string transcript, absl::Time now);

  // ---- Learner (ledger_learner.cc, ledger_commit.cc).
  absl::StatusOr<RendezvousReply> Rendezvous(const RendezvousRequest& request, absl::Time now,
                                             Arrival arrived = {});
  absl::StatusOr<NextStepReply> NextStep(const NextStepRequest& request, absl::Time now,
                                         Arrival arrived = {});
  absl::StatusOr<std::vector<ShareEntry>> Share(const ReadShareRequest& request, absl::Time now);
  absl::Status CommitStep(const CommitStepRequest& request, absl::Time now);
  absl::Status PublishPolicy(const PublishPolicyRequest& request, absl::Time now);
  absl::Status RecordCheckpoint(const RecordCheckpointRequest& request, absl::Time now);

  // ---- The run.
  // It cannot go on; the first reason stays. Volatile: a resumed run tries again.
  void Fail(const std::string& why);
  // The wall time so far becomes durable: before a stop.
  void RecordWallTime(absl::Time now);
  Effects TakeEffects() { return std::exchange(effects_, {}); }

  // ---- Questions (ledger_status.cc).
  GetStatusReply Status(uint32_t metrics_after_line, absl::Time now) const;
  const RunPlan& plan() const { return plan_; }
  uint64_t epoch() const { return members_.epoch(); }
  int64_t version() const { return steps_.committed(); }
  bool finished() const { return stage_ == plan_.stages.size(); }
  const std::string& failure() const { return failure_; }
  // With which groups may be sampled now.
  std::optional<PolicyKey> live_policy() const;
  const StepLog& steps() const { return steps_; }
  const CheckpointList& checkpoints() const { return checkpoints_; }
  std::vector<EvalResult> Evaluations() const;
  // Per stage; a stage that has not begun has begin_wall_seconds < 0.
  std::vector<StageRow> StageTimes(absl::Time now) const;
  const GroupTally& tally() const { return tally_; }
  uint64_t tokens_generated() const { return tokens_generated_; }
  uint64_t lease_expiries() const { return lease_expiries_; }
  const MemberTable& members() const { return members_; }
  const LeaseTable& leases() const { return leases_; }
  double WallSeconds(absl::Time now) const;
  // The newest weights that have a name: published, or of the newest checkpoint.
  PolicyKey NewestPolicy() const;
  // What the coordinator itself waits for, in words.
  std::string WaitingFor() const;
  std::string EvaluationInWords() const;
  // For tests: OK, or which invariant does not hold.
  absl::Status CheckInvariants() const;
  // For tests: the durable part of the state in words; equal after a restart.
  std::string DurableStateInWords() const;

 private:
  // What belongs to one stage.
  struct StageState {
    StageState(const StagePlan& plan, GroupTally& tally)
        : train(plan.index, TRAIN, plan.max_attempts, tally),
          eval(plan.index, EVAL, plan.max_attempts, tally) {
      times.stage = plan.index;
      times.begin_wall_seconds = -1;
    }
    SlotLine train;
    SlotLine eval;
    std::vector<EvalResult> evaluations;    // complete ones, in order
    std::optional<absl::Time> eval_leased;  // first lease of the present evaluation
    StageRow times;
  };

  const StagePlan& stage_plan() const { return plan_.stages[stage_]; }
  StageState& stage() { return stages_[stage_]; }
  const StageState& stage() const { return stages_[stage_]; }
  // Steps committed in the present stage.
  uint32_t stage_step() const {
    return static_cast<uint32_t>(steps_.committed() - stage_plan().base_version);
  }
  SlotLine& LineOf(const GroupKey& key) {
    return key.purpose == EVAL ? stages_[key.stage].eval : stages_[key.stage].train;
  }
  const SlotLine& LineOf(const GroupKey& key) const {
    return const_cast<Ledger*>(this)->LineOf(key);
  }
  // An evaluation of the present version is due and not complete.
  bool EvaluationDue() const;
  std::pair<uint64_t, uint64_t> EvaluationSlots() const;  // of the one that is due

  // Moves the run as far as it goes: opens slots, completes evaluations, begins stages, assigns.
  void Advance(absl::Time now);
  void OpenSlots();
  bool CompleteEvaluation(absl::Time now);
  void BeginNextStage(absl::Time now);
  void AssignStep();
  void RestoreStages(const LedgerContents& contents);

  // The policy with which groups of the present stage may be sampled now, or null.
  const PolicyRow* LivePolicy() const;
  absl::StatusOr<RankAssignment> JoinRank(const JoinRequest& request, uint64_t old_id, uint64_t id,
                                          absl::Time now);
  void ClaimLeases(const JoinRequest& request, uint64_t member_id, absl::Time now,
                   JoinReply& reply);
  enum class LeaseEnd {
    kExpired,
    kLost,  // with its member
    kReturned,
    kWithdrawn,  // with its policy
  };
  void RemoveMember(uint64_t id, LeaseEnd why);
  void EndLease(const LeaseTable::Lease& lease, LeaseEnd why);
  absl::Status CheckNotFailed() const;
  absl::StatusOr<uint32_t> HearRank(const MemberRef& member, uint32_t attempt, absl::Time now,
                                    Arrival arrived = {});
  absl::Status CheckPolicy(const GroupKey& group, const PolicyKey& policy) const;
  absl::Status CheckPolicies(const Submission& submission) const;
  // "stage "zero" train slot 12 attempt 0 (problem 7 of its source, from 0)".
  std::string InWords(const GroupKey& group) const;
  uint64_t EligibleTrainSlots(const PolicyRow& policy) const;

  void FillStep(uint32_t stage, uint32_t step, NextStepReply& reply) const;
  void FillStageStart(const StagePlan& stage, NextStepReply& reply) const;
  StartPoint Start() const;
  absl::Status CommitAgain(const CommitStepRequest& request, bool inexact_replay);
  void CommitGroups(uint32_t step, StepMetrics& metrics);
  // A replay brought weights of `version`: the recorded ones, or others, which supersede them if
  // the learner's device may, or end the run.
  absl::Status SettleDigest(int64_t version, const std::string& recorded, const std::string& digest,
                            bool inexact_replay);
  void Publish(const PolicyManifest& manifest, uint32_t stage);
  void WithdrawFrom(int64_t version);
  void NameCheckpoint(CheckpointRow row);
  RunRow PresentRunRow(absl::Time now) const;
  template <typename Row>
  void Emit(Row row) {
    effects_.rows.emplace_back(std::move(row));
  }

  const RunPlan plan_;
  const absl::Time life_began_;
  double former_wall_seconds_ = 0;
  GroupTally tally_;
  std::deque<StageState> stages_;  // StageState does not move
  uint32_t stage_ = 0;             // present one; the number of stages: finished
  bool assigned_ = false;          // the present step's members are recorded
  StepLog steps_;
  PolicyTable policies_;
  CheckpointList checkpoints_;
  MemberTable members_;
  RankTable ranks_;
  LeaseTable leases_;
  uint64_t tokens_generated_ = 0;  // of accepted groups
  uint64_t lease_expiries_ = 0;    // in this life
  std::string failure_;
  Effects effects_;
};

}  // namespace gyre::coordinator
