#include "tests/coordinator/ledger_simulation/simulated_rank.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/coordinator/ledger_simulation/content.h"

namespace gyre::coordinator::simulation {
namespace {

constexpr absl::Duration kCollectivePatience = absl::Seconds(10);

absl::StatusOr<bool> Done(const absl::Status& status) {
  if (!status.ok()) return status;
  return true;
}

}  // namespace

void SimulatedRank::Start() {
  Join();
  HeartbeatSoon();
}

void SimulatedRank::Exit(const std::string& why) {
  world_.Log(absl::StrCat(name_, " exits: ", why));
  exited = true;
}

bool SimulatedRank::Retry(const absl::Status& status) {
  if (absl::IsAborted(status)) {
    Exit(std::string(status.message()));
    return false;
  }
  if (absl::IsUnavailable(status)) return true;
  if (absl::IsFailedPrecondition(status) && absl::StartsWith(status.message(), "join again")) {
    Join();
    return true;
  }
  world_.history().Fault(absl::StrCat(name_, ": ", status.ToString()));
  return false;
}

void SimulatedRank::Join() {
  if (std::exchange(joining_, true)) return;
  JoinRequest request;
  request.set_role(LEARNER);
  request.set_name(name_);
  request.set_inexact_replay(world_.run().inexact_replay);
  if (version_ >= 0) {
    request.mutable_held_rank()->set_attempt(attempt_);
    request.mutable_held_rank()->set_rank(rank_);
    request.mutable_held_rank()->set_version(version_);
  }
  world_.Call<JoinReply>(
      self(), absl::StrCat(name_, " joins"),
      [request](Ledger& ledger, absl::Time now) { return ledger.Join(request, now); },
      [this](absl::StatusOr<JoinReply> reply) {
        joining_ = false;
        if (!reply.ok()) {
          world_.After(absl::Milliseconds(300), self(), [this] { Join(); });
          return;
        }
        member_ = reply->member();
        if (attempt_ != 0) {
          if (!reply->rank().keep_state()) return Exit("it lost its rank");
          world_.history().Saw("kept rank");
          return;  // What it was doing goes on.
        }
        rank_ = reply->rank().rank();
        attempt_ = reply->rank().attempt();
        Rendezvous();
      });
}

void SimulatedRank::HeartbeatSoon() {
  world_.After(absl::Seconds(1), self(), [this] {
    HeartbeatSoon();
    if (attempt_ == 0) return;
    HeartbeatRequest request;
    *request.mutable_member() = member_;
    world_.Call<HeartbeatReply>(
        self(), absl::StrCat(name_, " beats"),
        [request](Ledger& ledger, absl::Time now) { return ledger.Heartbeat(request, now); },
        [this](absl::StatusOr<HeartbeatReply> reply) {
          if (!reply.ok()) Retry(reply.status());
        });
  });
}

void SimulatedRank::Rendezvous() {
  auto request = NewRequest<RendezvousRequest>();
  if (rank_ == 0) request.set_store_address("store");
  world_.Call<RendezvousReply>(
      self(), absl::StrCat(name_, " arrives in attempt ", attempt_),
      [request](Ledger& ledger, absl::Time now) { return ledger.Rendezvous(request, now); },
      [this](absl::StatusOr<RendezvousReply> reply) {
        if (reply.ok() && reply->ready()) return Begin(reply->start());
        if (reply.ok() || Retry(reply.status())) {
          world_.After(absl::Milliseconds(300), self(), [this] { Rendezvous(); });
        }
      });
}

void SimulatedRank::Begin(const StartPoint& start) {
  version_ = start.version();
  weights_ = HashOf("model");
  if (!start.checkpoint().empty()) {
    const auto found = world_.checkpoints.find(start.checkpoint());
    if (found == world_.checkpoints.end() || found->second != start.policy_digest()) {
      return world_.history().Fault(absl::StrCat("no checkpoint ", start.checkpoint()));
    }
    weights_ = found->second;
  }
  AskNext();
}

void SimulatedRank::AskSoon() {
  if (rank_ == 0 && world_.faulty() && world_.Chance(0.02)) SaveOutsideOfACommit();
  world_.After(absl::Milliseconds(200), self(), [this] { AskNext(); });
}

void SimulatedRank::AskNext() {
  auto request = NewRequest<NextStepRequest>();
  request.set_version(version_);
  world_.Call<NextStepReply>(
      self(), absl::StrCat(name_, " asks for the step after ", version_),
      [request](Ledger& ledger, absl::Time now) { return ledger.NextStep(request, now); },
      [this](absl::StatusOr<NextStepReply> reply) {
        if (!reply.ok()) {
          if (Retry(reply.status())) AskSoon();
          return;
        }
        if (reply->finished()) return;
        if (reply->wait()) return AskSoon();
        BeginStage(*reply);
        if (reply->publish()) return Publish();
        world_.history().GotStep(*reply, version_);
        Read(*reply);
      });
}

void SimulatedRank::BeginStage(const NextStepReply& reply) {
  const int stage = static_cast<int>(reply.stage());
  if (!reply.stage_begins() || begun_stage_ == stage) return;
  begun_stage_ = stage;
  if (reply.start().from() == StageStart::MODEL) weights_ = HashOf("model");
  if (reply.start().from() != StageStart::FOLDER) return;
  const auto found = world_.checkpoints.find(reply.start().folder());
  if (found == world_.checkpoints.end()) {
    return world_.history().Fault(absl::StrCat("no start ", reply.start().folder()));
  }
  weights_ = found->second;
}

PolicyManifest SimulatedRank::Manifest() const {
  PolicyManifest manifest;
  *manifest.mutable_id() = ToProto(PolicyKey{version_, weights_});
  manifest.set_config_json("{}");
  return manifest;
}

void SimulatedRank::Publish() {
  world_.history().Saw("publication outside of a commit");
  auto request = NewRequest<PublishPolicyRequest>();
  *request.mutable_manifest() = Manifest();
  world_.Call<bool>(
      self(), absl::StrCat(name_, " publishes ", version_),
      [request](Ledger& ledger, absl::Time now) {
        return Done(ledger.PublishPolicy(request, now));
      },
      [this](absl::StatusOr<bool> reply) {
        if (reply.ok() || Retry(reply.status())) AskSoon();
      });
}

void SimulatedRank::SaveOutsideOfACommit() {
  auto request = NewRequest<RecordCheckpointRequest>();
  request.set_version(version_);
  request.set_checkpoint(absl::StrCat("checkpoints/step-", version_));
  request.set_policy_digest(weights_);
  // A folder that is there may be one that the ledger names.
  if (!world_.checkpoints.emplace(request.checkpoint(), weights_).second) return;
  world_.Call<bool>(
      self(), absl::StrCat(name_, " saves ", version_),
      [request](Ledger& ledger, absl::Time now) {
        return Done(ledger.RecordCheckpoint(request, now));
      },
      [](absl::StatusOr<bool>) {});
}

void SimulatedRank::Read(const NextStepReply& reply) {
  const absl::Time give_up = world_.now() + kCollectivePatience;
  if (!reply.has_rl()) {
    return Reduce(reply, absl::StrCat("examples of ", reply.stage(), "/", reply.step()), give_up);
  }
  auto request = NewRequest<ReadShareRequest>();
  for (const StepGroup& group : reply.rl().groups()) *request.add_groups() = group.id();
  world_.Call<std::string>(
      self(), absl::StrCat(name_, " reads the groups of ", version_),
      [&world = world_, request](Ledger& ledger, absl::Time now) -> absl::StatusOr<std::string> {
        const absl::StatusOr<std::vector<ShareEntry>> share = ledger.Share(request, now);
        if (!share.ok()) return share.status();
        std::string contents;
        for (const ShareEntry& entry : *share) {
          const absl::StatusOr<std::string> payload = world.payloads().Read(entry.place);
          if (!payload.ok()) return payload.status();
          if (!absl::StartsWith(*payload, Describe(entry.group))) {
            return absl::DataLossError("another group's payload");
          }
          contents += *payload;
        }
        return contents;
      },
      [this, reply, give_up](absl::StatusOr<std::string> contents) {
        if (contents.ok()) return Reduce(reply, *contents, give_up);
        if (Retry(contents.status())) {
          world_.After(absl::Milliseconds(300), self(), [this, reply] { Read(reply); });
        }
      });
}

// Arrives in the step's collective and waits for the others.
void SimulatedRank::Reduce(const NextStepReply& reply, const std::string& contents,
                           absl::Time give_up) {
  auto& arrived = world_.collectives[{attempt_, version_}];
  const auto is_self = [&](const std::weak_ptr<Process>& other) {
    return other.lock() == self().lock();
  };
  if (std::none_of(arrived.begin(), arrived.end(), is_self)) arrived.push_back(self());
  if (arrived.size() >= world_.plan().learner_ranks) {
    world_.After(absl::Milliseconds(world_.Uniform(100, 900)), self(),
                 [this, reply, contents] { Finish(reply, contents); });
    return;
  }
  if (world_.now() > give_up) return Exit("the others did not come");
  world_.After(absl::Milliseconds(100), self(),
               [this, reply, contents, give_up] { Reduce(reply, contents, give_up); });
}

void SimulatedRank::Finish(const NextStepReply& reply, const std::string& contents) {
  const std::string noise =
      world_.run().inexact_replay ? absl::StrCat("attempt ", attempt_, world_.run().seed) : "";
  // A step without groups leaves the weights as they are.
  if (!contents.empty()) weights_ = HashOf(absl::StrCat(weights_, contents, noise));
  ++version_;
  if (rank_ != 0) return AskNext();
  auto request = NewRequest<CommitStepRequest>();
  request.set_version(version_);
  request.set_stage(reply.stage());
  request.set_step(reply.step());
  request.mutable_metrics()->set_updates(1);
  if (reply.publish_after()) *request.mutable_manifest() = Manifest();
  if (reply.publish_after() || reply.checkpoint_after()) request.set_policy_digest(weights_);
  if (reply.checkpoint_after()) {
    request.set_checkpoint(absl::StrCat("checkpoints/step-", version_));
    world_.checkpoints[request.checkpoint()] = weights_;
  }
  Commit(request);
}

void SimulatedRank::Commit(const CommitStepRequest& request) {
  CommitStepRequest fresh = request;
  *fresh.mutable_member() = member_;
  world_.Call<bool>(
      self(), absl::StrCat(name_, " commits ", version_),
      [fresh](Ledger& ledger, absl::Time now) { return Done(ledger.CommitStep(fresh, now)); },
      [this, request](absl::StatusOr<bool> reply) {
        if (reply.ok()) return AskNext();
        if (Retry(reply.status())) {
          world_.After(absl::Milliseconds(300), self(), [this, request] { Commit(request); });
        }
      });
}

}  // namespace gyre::coordinator::simulation
