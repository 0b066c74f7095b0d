// What a wrong rank says. The ledger refuses all of it and stays as it is.
#include <iterator>

#include "tests/coordinator/simulation/fake_rank.h"

namespace gyre::coordinator::simulation {
namespace {

enum class RankLie {
  kCommitOfLaterAttempt,
  kCommitAhead,
  kCommitOfOtherStep,
  kCommitWithShortDigest,
  kCommitOfOtherRank,
  kPublicationAhead,
  kStepAhead,
  kStepOfFormerAttempt,
  kCheckpointAhead,
  kCheckpointElsewhere,
  kShareOfNoStep,
  kCallOfAnActor,
  kRankHeldInNoAttempt,
  kRankHeldAhead,
};
constexpr const char* kRankLies[] = {
    "commit of a later attempt",
    "commit from ahead",
    "commit of another step",
    "commit with short digest",
    "commit of another rank",
    "publication ahead",
    "step from ahead",
    "step of a former attempt",
    "checkpoint ahead",
    "checkpoint in another folder",
    "share of no step",
    "call that is for actors",
    "rank held in no such attempt",
    "rank held at a version ahead",
};

}  // namespace

template <typename Reply, typename Message>
void FakeRank::TellLie(const char* name, Message request,
                       void (CoordinatorHost::*call)(const Message&, Answer<Reply>)) {
  Tell<Reply>(
      [request, call](CoordinatorHost& host, const MemberRef& ref, Answer<Reply> answer) {
        Message sent = request;
        *sent.mutable_member() = ref;
        (host.*call)(sent, std::move(answer));
      },
      [this, name](absl::StatusOr<Reply> reply) {
        if (reply.ok()) world_.Violate("a rank's lie was taken for true: ", name);
      });
}

template <typename Reply, typename Message>
void FakeRank::TellLie(const char* name, Message request,
                       void (CoordinatorHost::*call)(const Message&, CoordinatorHost::Cancelled,
                                                     Answer<Reply>)) {
  Tell<Reply>(
      [request, call](CoordinatorHost& host, const MemberRef& ref, Answer<Reply> answer) {
        Message sent = request;
        *sent.mutable_member() = ref;
        (host.*call)(
            sent, [] { return false; }, std::move(answer));
      },
      [this, name](absl::StatusOr<Reply> reply) {
        if (reply.ok()) world_.Violate("a rank's lie was taken for true: ", name);
      });
}

void FakeRank::Lie() {
  const RankLie kind = static_cast<RankLie>(world_.dice.Below(std::size(kRankLies)));
  const char* name = kRankLies[static_cast<int>(kind)];
  world_.log.Add(this->name(), ": lies: ", name);
  world_.counts.Add(absl::StrCat("lie of a rank: ", name));
  const uint32_t attempt = assignment_.attempt();
  // Of a version that is never: what is ahead of this rank may be what it trains again.
  const RunPlan& plan = world_.setup.plan;
  const PolicyKey wrong{.version = plan.end_version() + 1, .root_digest = std::string(32, 'z')};
  switch (kind) {
    case RankLie::kCommitOfLaterAttempt:
    case RankLie::kCommitAhead:
    case RankLie::kCommitOfOtherStep:
    case RankLie::kCommitWithShortDigest:
    case RankLie::kCommitOfOtherRank: {
      const bool other = kind == RankLie::kCommitOfOtherRank;
      if (other && assignment_.rank() == 0) return;
      const int64_t version = kind == RankLie::kCommitAhead ? wrong.version : version_ + 1;
      // A version, stage, step and manifest that do not fit each other, or no digest of 32 bytes.
      const bool last = version > plan.end_version();
      CommitStepRequest request;
      request.set_attempt(attempt + (kind == RankLie::kCommitOfLaterAttempt ? 1 : 0));
      request.set_version(version);
      request.set_stage(last ? 0 : plan.PlaceOf(version - 1).stage);
      request.set_step((last ? 0 : plan.PlaceOf(version - 1).step) +
                       (kind == RankLie::kCommitOfOtherStep ? 1 : 0));
      request.set_policy_digest(kind == RankLie::kCommitWithShortDigest ? "short"
                                                                        : wrong.root_digest);
      *request.mutable_manifest()->mutable_id() = ToProto(wrong);
      if (other) request.mutable_manifest()->mutable_id()->set_version(version);
      if (other) request.set_checkpoint(absl::StrCat("checkpoints/step-", version));
      return TellLie(name, request, &CoordinatorHost::CommitStep);
    }
    case RankLie::kPublicationAhead: {
      PublishPolicyRequest request;
      request.set_attempt(attempt);
      *request.mutable_manifest()->mutable_id() = ToProto(wrong);
      return TellLie(name, request, &CoordinatorHost::PublishPolicy);
    }
    case RankLie::kStepAhead:
    case RankLie::kStepOfFormerAttempt: {
      NextStepRequest request;
      const bool ahead = kind == RankLie::kStepAhead;
      request.set_attempt(ahead ? attempt : attempt - 1);
      request.set_version(ahead ? wrong.version + 1 : version_);
      return TellLie(name, request, &CoordinatorHost::NextStep);
    }
    case RankLie::kCheckpointAhead:
    case RankLie::kCheckpointElsewhere: {
      const bool ahead = kind == RankLie::kCheckpointAhead;
      RecordCheckpointRequest request;
      request.set_attempt(attempt);
      request.set_version(ahead ? wrong.version : version_);
      request.set_checkpoint(
          absl::StrCat(ahead ? "checkpoints/step-" : "checkpoints/../step-", request.version()));
      request.set_policy_digest(wrong.root_digest);
      return TellLie(name, request, &CoordinatorHost::RecordCheckpoint);
    }
    case RankLie::kShareOfNoStep: {
      ReadShareRequest request;
      request.set_attempt(attempt);
      *request.add_groups() = ToProto({.stage = stage_.value_or(0), .slot = 1'000'000});
      return TellLie(name, request, &CoordinatorHost::ReadShare);
    }
    case RankLie::kCallOfAnActor: {
      LeaseGroupsRequest request;
      request.set_free_sequences(100);
      return TellLie(name, request, &CoordinatorHost::LeaseGroups);
    }
    case RankLie::kRankHeldInNoAttempt:
      return JoinAsStranger(name, attempt + 1, version_);
    case RankLie::kRankHeldAhead:
      return JoinAsStranger(name, attempt, wrong.version + 1);
  }
}

void FakeRank::JoinAsStranger(const char* lie, uint32_t attempt, int64_t version) {
  JoinRequest request;
  request.set_role(LEARNER);
  request.set_name("stranger");
  request.set_instance(std::string(16, 's'));
  request.mutable_held_rank()->set_attempt(attempt);
  request.mutable_held_rank()->set_rank(assignment_.rank());
  request.mutable_held_rank()->set_version(version);
  Tell<JoinReply>(
      [request](CoordinatorHost& host, const MemberRef&, Answer<JoinReply> answer) {
        host.Join(request, std::move(answer));
      },
      [this, lie](absl::StatusOr<JoinReply> reply) {
        if (!reply.ok()) return;  // every rank is taken
        if (reply->rank().keep_state()) world_.Violate("a rank's lie was taken for true: ", lie);
        Tell<LeaveReply>([member = reply->member()](CoordinatorHost& host, const MemberRef&,
                                                    Answer<LeaveReply> answer) {
          LeaveRequest leave;
          *leave.mutable_member() = member;
          host.Leave(leave, std::move(answer));
        });
      });
}

}  // namespace gyre::coordinator::simulation
