// What a wrong rank says. The ledger refuses all of it and stays as it is.
#include "tests/coordinator/simulation/fake_rank.h"

namespace gyre::coordinator::simulation {

void FakeRank::Lie() {
  const uint32_t kind = static_cast<uint32_t>(world_.dice.Below(7));
  world_.log.Add(name(), ": lies, kind ", kind);
  world_.counts.Add("lie of a rank");
  const uint32_t attempt = assignment_.attempt();
  const PolicyKey wrong{.version = version_ + 3, .root_digest = std::string(32, 'z')};
  auto refused = [this, kind](const absl::Status& status) {
    if (status.ok()) world_.Violate("a rank's lie of kind ", kind, " was taken for true");
  };
  if (kind <= 3) {
    CommitStepRequest request;
    request.set_attempt(kind == 0 ? attempt + 1 : attempt);
    const int64_t version = kind == 1 ? version_ + 2 : version_ + 1;
    request.set_version(version);
    // A version, stage and step that do not fit each other, or no digest of 32 bytes.
    const RunPlan& plan = world_.setup.plan;
    const bool last = version > plan.end_version();
    request.set_stage(last ? 0 : plan.PlaceOf(version - 1).stage);
    request.set_step(last ? 0 : plan.PlaceOf(version - 1).step + (kind == 2 ? 1 : 0));
    request.set_policy_digest(kind == 3 ? "short" : wrong.root_digest);
    *request.mutable_manifest()->mutable_id() = ToProto(wrong);
    Tell<CommitStepReply>(
        [request](CoordinatorHost& host, const MemberRef& ref, Answer<CommitStepReply> answer) {
          CommitStepRequest sent = request;
          *sent.mutable_member() = ref;
          host.CommitStep(sent, std::move(answer));
        },
        [refused](absl::StatusOr<CommitStepReply> reply) { refused(reply.status()); });
  } else if (kind == 4) {
    Tell<PublishPolicyReply>(
        [attempt, wrong](CoordinatorHost& host, const MemberRef& ref,
                         Answer<PublishPolicyReply> answer) {
          PublishPolicyRequest request;
          *request.mutable_member() = ref;
          request.set_attempt(attempt);
          *request.mutable_manifest()->mutable_id() = ToProto(wrong);
          host.PublishPolicy(request, std::move(answer));
        },
        [refused](absl::StatusOr<PublishPolicyReply> reply) { refused(reply.status()); });
  } else if (kind == 5) {
    Tell<NextStepReply>(
        [attempt, wrong](CoordinatorHost& host, const MemberRef& ref,
                         Answer<NextStepReply> answer) {
          NextStepRequest request;
          *request.mutable_member() = ref;
          request.set_attempt(attempt);
          request.set_version(wrong.version);
          host.NextStep(
              request, [] { return false; }, std::move(answer));
        },
        [refused](absl::StatusOr<NextStepReply> reply) { refused(reply.status()); });
  } else {
    Tell<RecordCheckpointReply>(
        [attempt, wrong](CoordinatorHost& host, const MemberRef& ref,
                         Answer<RecordCheckpointReply> answer) {
          RecordCheckpointRequest request;
          *request.mutable_member() = ref;
          request.set_attempt(attempt);
          request.set_version(wrong.version);
          request.set_checkpoint("checkpoints/nowhere");
          request.set_policy_digest(wrong.root_digest);
          host.RecordCheckpoint(request, std::move(answer));
        },
        [refused](absl::StatusOr<RecordCheckpointReply> reply) { refused(reply.status()); });
  }
}

}  // namespace gyre::coordinator::simulation
