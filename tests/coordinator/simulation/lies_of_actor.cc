// What a wrong actor hands in. None of it may be accepted.
#include "tests/coordinator/simulation/fake_actor.h"
#include "tests/coordinator/simulation/fake_samples.h"
#include "tests/coordinator/simulation/fake_weights.h"

namespace gyre::coordinator::simulation {
namespace {

enum class ActorLie {
  kPolicyNobodyPublished,
  kPolicyOfTheFuture,
  kPolicyTooOld,
  kAnotherSlot,
  kAnotherPurpose,
  kLaterAttempt,
  kFormerAttempt,
  kAnotherStage,
  kAnotherLease,
  kNoLease,
  kInventedLease,
  kAnotherMember,
  kFormerEpoch,
  kSampleMissing,
  kSampleTwice,
  kOtherSampleCount,
  kOtherTemperature,
  kNoLogProbs,
  kNoOutcome,
  kNoPolicy,
  kNoSamples,
};
constexpr const char* kActorLies[] = {
    "policy nobody published",
    "policy of the future",
    "policy too old",
    "another slot",
    "another purpose",
    "later attempt",
    "former attempt",
    "another stage",
    "another lease",
    "no lease",
    "invented lease",
    "another member",
    "former epoch",
    "sample missing",
    "sample twice",
    "other sample count",
    "other temperature",
    "no log-probs",
    "no outcome",
    "no policy",
    "no samples",
};

void SetPolicy(const PolicyKey& policy, HandedIn& request) {
  for (Sample& sample : request.samples) {
    for (Span& span : *sample.mutable_spans()) *span.mutable_policy() = ToProto(policy);
  }
}

}  // namespace

void FakeActor::Lie(const Work& work) {
  HandedIn request = Honest(work);
  *request.header.mutable_member() = ref();
  for (Sample& sample : request.samples) sample.set_text(kLie);
  GroupId& group = *request.header.mutable_group();
  const PolicyKey& policy = work.policies.front();
  const ActorLie kind = static_cast<ActorLie>(world_.dice.Below(std::size(kActorLies)));
  switch (kind) {
    case ActorLie::kPolicyNobodyPublished:
      SetPolicy({.version = policy.version, .root_digest = std::string(32, 'x')}, request);
      break;
    case ActorLie::kPolicyOfTheFuture:
      SetPolicy({.version = policy.version + 7, .root_digest = policy.root_digest}, request);
      break;
    case ActorLie::kPolicyTooOld: {
      const StagePlan& stage = world_.setup.plan.stages[work.lease.group.stage];
      const int64_t oldest = work.lease.group.purpose == EVAL
                                 ? policy.version
                                 : stage.OldestVersion(work.lease.group.slot / stage.batch);
      const auto newer = known_.lower_bound(oldest);
      if (newer == known_.begin()) return;  // it knows none
      SetPolicy(std::prev(newer)->second, request);
      break;
    }
    case ActorLie::kAnotherSlot:
      group.set_slot(world_.dice.Below(group.slot() + 6));
      if (group.slot() == work.lease.group.slot) group.set_slot(group.slot() + 1);
      break;
    case ActorLie::kAnotherPurpose:
      group.set_purpose(group.purpose() == EVAL ? TRAIN : EVAL);
      break;
    case ActorLie::kLaterAttempt:
      group.set_attempt(group.attempt() + 1);
      break;
    case ActorLie::kFormerAttempt:
      if (group.attempt() == 0) return;
      group.set_attempt(group.attempt() - 1);
      break;
    case ActorLie::kAnotherStage:
      group.set_stage(group.stage() + 1);
      break;
    case ActorLie::kAnotherLease: {
      const std::optional<uint64_t> other = world_.told_leases.Overhear(world_.dice);
      if (!other.has_value() || world_.told_leases.IsOf(*other, work.lease.group)) return;
      request.header.set_lease_id(*other);
      break;
    }
    case ActorLie::kNoLease:
      request.header.clear_lease_id();
      break;
    case ActorLie::kInventedLease:
      request.header.set_lease_id(world_.dice.Chance(0.5) ? world_.dice.Between(1, 1000)
                                                          : request.header.lease_id() + 1);
      break;
    case ActorLie::kAnotherMember:
      request.header.mutable_member()->set_member_id(ref().member_id() + 100);
      break;
    case ActorLie::kFormerEpoch:
      request.header.mutable_member()->set_epoch(ref().epoch() - 1);
      break;
    case ActorLie::kSampleMissing:
      request.samples.pop_back();
      break;
    case ActorLie::kSampleTwice:
      request.samples.push_back(request.samples.front());
      break;
    case ActorLie::kOtherSampleCount:
      request.samples.push_back(request.samples.front());
      request.samples.back().set_index(request.header.sampling().samples());
      request.header.mutable_sampling()->set_samples(request.header.sampling().samples() + 1);
      break;
    case ActorLie::kOtherTemperature:
      request.header.mutable_sampling()->set_temperature(0.5);
      break;
    case ActorLie::kNoLogProbs:
      request.samples.front().mutable_spans(0)->clear_log_probs();
      break;
    case ActorLie::kNoOutcome:
      request.samples.front().clear_outcome();
      break;
    case ActorLie::kNoPolicy:
      request.samples.front().mutable_spans(0)->clear_policy();
      break;
    case ActorLie::kNoSamples:
      request.samples.clear();
      request.header.mutable_sampling()->set_samples(0);
      break;
  }
  const char* name = kActorLies[static_cast<int>(kind)];
  world_.log.Add(this->name(), ": lies of ", Describe(work.lease.group), ": ", name);
  world_.counts.Add(absl::StrCat("lie: ", name));
  Tell<SubmitGroupReply>(
      [request](CoordinatorHost& host, const MemberRef&, Answer<SubmitGroupReply> answer) {
        host.SubmitGroup(request, std::move(answer));
      },
      [this, name](absl::StatusOr<SubmitGroupReply> reply) {
        if (!reply.ok()) return world_.counts.Add("lie refused");
        // Of a group that is accepted already nothing is looked at.
        world_.counts.Add("lie taken for a duplicate");
        if (!reply->duplicate()) world_.Violate("a lie was accepted: ", name);
      });
}

}  // namespace gyre::coordinator::simulation
