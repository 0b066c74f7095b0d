#include "tests/learner/fake_coordinator.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/check.h"
#include "base/counter_rng.h"
#include "rpc/status_codec.h"

namespace gyre::learner {
namespace {

grpc::Status Refuse(grpc::StatusCode code, const std::string& text) { return {code, text}; }

// Made up, but always the same for the same id.
TrainGroup MakeGroup(const GroupId& id, const RlSpec& rl, const PolicyId& policy) {
  TrainGroup group;
  *group.mutable_id() = id;
  group.set_temperature(rl.temperature());
  const base::CounterRng rng({id.stage(), id.slot(), id.attempt()});
  uint64_t draw = 0;
  for (int i = 0; i < 9; ++i) {
    group.add_prompt_token_ids(static_cast<int32_t>(rng.Below(draw++, 119)));
  }
  GroupTotals& totals = *group.mutable_totals();
  for (uint32_t index = 0; index < rl.samples_per_prompt(); ++index) {
    Sample& sample = *group.add_samples();
    sample.set_index(index);
    sample.set_finish_reason(STOP);
    Span& span = *sample.add_spans();
    span.set_origin(Span::POLICY);
    *span.mutable_policy() = policy;
    const uint64_t tokens = 1 + rng.Below(draw++, rl.max_response_tokens());
    for (uint64_t t = 0; t < tokens; ++t) {
      span.add_token_ids(static_cast<int32_t>(rng.Below(draw++, 119)));
      span.add_log_probs(-4.8f + rng.Uniform(draw++));
    }
    GroupTotals::SampleTotal& total = *totals.add_samples();
    total.set_scored(true);
    total.set_total(static_cast<double>(index % 2) + rng.UniformDouble(draw++));
    total.set_policy_tokens(static_cast<uint32_t>(tokens));
    totals.set_train_tokens(totals.train_tokens() + tokens);
  }
  totals.set_scored_samples(rl.samples_per_prompt());
  return group;
}

}  // namespace

FakeCoordinator::FakeCoordinator(RunSpec spec, std::string run_dir, uint32_t world_size)
    : spec_(std::move(spec)), run_dir_(std::move(run_dir)), world_size_(world_size) {
  for (int stage = 0; stage < spec_.stage_size(); ++stage) {
    const uint32_t steps = spec_.stage(stage).has_sft() ? spec_.stage(stage).sft().steps()
                                                        : spec_.stage(stage).rl().steps();
    for (uint32_t step = 0; step < steps; ++step) {
      plan_.push_back({static_cast<uint32_t>(stage), step, steps});
    }
  }
  host_.AddService(*this);
  const absl::StatusOr<int> port = host_.Start("127.0.0.1:0");
  GYRE_CHECK(port.ok(), "a port on loopback");
  address_ = absl::StrCat("127.0.0.1:", *port);
}

FakeCoordinator::~FakeCoordinator() { host_.Stop(absl::Now()); }

void FakeCoordinator::FailAt(int64_t version, Fault fault) {
  base::MutexLock lock(mutex_);
  faults_[version] = fault;
}
void FakeCoordinator::OnCommit(std::function<void(int64_t)> on_commit) {
  base::MutexLock lock(mutex_);
  on_commit_ = std::move(on_commit);
}
void FakeCoordinator::EndAttempt() {
  base::MutexLock lock(mutex_);
  alive_ = false;
  changed_.NotifyAll();
}
int64_t FakeCoordinator::version() const {
  base::MutexLock lock(mutex_);
  return version_;
}
std::map<int64_t, FakeCoordinator::Recorded> FakeCoordinator::commits() const {
  base::MutexLock lock(mutex_);
  return commits_;
}
std::map<int64_t, std::string> FakeCoordinator::checkpoints() const {
  base::MutexLock lock(mutex_);
  return checkpoints_;
}
std::vector<PolicyManifest> FakeCoordinator::published() const {
  base::MutexLock lock(mutex_);
  return published_;
}
std::string FakeCoordinator::failure() const {
  base::MutexLock lock(mutex_);
  return failure_;
}
uint32_t FakeCoordinator::attempt() const {
  base::MutexLock lock(mutex_);
  return attempt_;
}
uint64_t FakeCoordinator::epoch() const {
  base::MutexLock lock(mutex_);
  return epoch_;
}
bool FakeCoordinator::AwaitVersion(int64_t version) const {
  base::MutexLock lock(mutex_);
  return changed_.WaitUntil(mutex_, absl::Now() + absl::Minutes(1), [&] {
    mutex_.AssertHeld();
    return version_ >= version;
  });
}

grpc::Status FakeCoordinator::CheckMember(const MemberRef& member, bool rank) const {
  if (member.epoch() != epoch_ || member.member_id() > last_member_) {
    return Refuse(grpc::FAILED_PRECONDITION, "join again: no such member");
  }
  if (rank && (!alive_ || ranks_.count(member.member_id()) == 0)) {
    return Refuse(grpc::ABORTED, "the attempt is over");
  }
  return grpc::Status::OK;
}

grpc::Status FakeCoordinator::Join(grpc::ServerContext*, const JoinRequest* request,
                                   JoinReply* reply) {
  base::MutexLock lock(mutex_);
  RankAssignment& rank = *reply->mutable_rank();
  if (returning_ && request->has_held_rank() && request->held_rank().attempt() == attempt_ &&
      request->held_rank().version() <= version_ + 1) {
    rank.set_keep_state(true);
    rank.set_rank(request->held_rank().rank());
  } else {
    if (!alive_ || returning_) {
      ++attempt_;
      alive_ = true;
      formed_ = returning_ = false;
      ranks_.clear();
      arrived_.clear();
      store_address_.clear();
    }
    if (ranks_.size() == world_size_) {
      // A process of the same name replaces the old one; the attempt that it was of is over.
      if (formed_) alive_ = false;
      return Refuse(grpc::UNAVAILABLE, "every rank is taken");
    }
    rank.set_rank(static_cast<uint32_t>(request->name().back() - '0') % world_size_);
  }
  ranks_[++last_member_] = rank.rank();
  rank.set_attempt(attempt_);
  rank.set_world_size(world_size_);
  reply->mutable_member()->set_member_id(last_member_);
  reply->mutable_member()->set_epoch(epoch_);
  reply->set_spec(spec_.DebugString());
  reply->set_heartbeat_seconds(0.05);
  reply->set_run_dir(run_dir_);
  return grpc::Status::OK;
}

grpc::Status FakeCoordinator::Heartbeat(grpc::ServerContext*, const HeartbeatRequest* request,
                                        HeartbeatReply*) {
  base::MutexLock lock(mutex_);
  return CheckMember(request->member(), true);
}

grpc::Status FakeCoordinator::Leave(grpc::ServerContext*, const LeaveRequest* request,
                                    LeaveReply*) {
  base::MutexLock lock(mutex_);
  if (!request->failure().empty()) failure_ = request->failure();
  if (ranks_.erase(request->member().member_id()) > 0 && formed_) alive_ = false;
  changed_.NotifyAll();
  return grpc::Status::OK;
}

grpc::Status FakeCoordinator::Rendezvous(grpc::ServerContext*, const RendezvousRequest* request,
                                         RendezvousReply* reply) {
  base::MutexLock lock(mutex_);
  if (grpc::Status status = CheckMember(request->member(), true); !status.ok()) return status;
  arrived_.insert(ranks_[request->member().member_id()]);
  if (!request->store_address().empty()) store_address_ = request->store_address();
  changed_.NotifyAll();
  const bool ready = changed_.WaitUntil(mutex_, absl::Now() + absl::Seconds(1), [&] {
    mutex_.AssertHeld();
    return arrived_.size() == world_size_;
  });
  if (!ready) return grpc::Status::OK;
  formed_ = true;
  reply->set_ready(true);
  reply->set_store_address(store_address_);
  if (!checkpoints_.empty()) {
    const auto& [version, folder] = *checkpoints_.rbegin();
    reply->mutable_start()->set_version(version);
    reply->mutable_start()->set_checkpoint(folder);
    reply->mutable_start()->set_policy_digest(digests_[version]);
  }
  return grpc::Status::OK;
}

bool FakeCoordinator::CheckpointAfter(const PlannedStep& step) const {
  const uint32_t every = spec_.checkpoint().every_steps();
  return step.step + 1 == step.steps || (every > 0 && (step.step + 1) % every == 0);
}

void FakeCoordinator::FillStep(const PlannedStep& step, NextStepReply& reply) const {
  const StageSpec& stage = spec_.stage(static_cast<int>(step.stage));
  reply.set_stage(step.stage);
  reply.set_step(step.step);
  reply.set_first_update(step.step * (stage.has_rl() ? stage.rl().updates_per_step() : 1));
  reply.set_publish_after(stage.has_rl());
  reply.set_checkpoint_after(CheckpointAfter(step));
  if (step.step == 0) {
    reply.set_stage_begins(true);
    StageStart& start = *reply.mutable_start();
    if (stage.has_start_from()) {
      start.set_from(StageStart::FOLDER);
      start.set_folder(stage.start_from());
      start.set_in_run_dir(stage.start_from()[0] != '/');
    } else {
      start.set_from(stage.start() == StageSpec::MODEL ? StageStart::MODEL : StageStart::PRESENT);
    }
  }
  if (stage.has_sft()) {
    const uint32_t batch = stage.sft().examples_per_step();
    reply.mutable_sft()->set_first_example(uint64_t{step.step} * batch);
    reply.mutable_sft()->set_examples(batch);
    return;
  }
  for (uint32_t i = 0; i < stage.rl().prompts_per_step(); ++i) {
    StepGroup& group = *reply.mutable_rl()->add_groups();
    group.mutable_id()->set_stage(step.stage);
    group.mutable_id()->set_purpose(TRAIN);
    group.mutable_id()->set_slot(uint64_t{step.step} * stage.rl().prompts_per_step() + i);
    const TrainGroup made = MakeGroup(group.id(), stage.rl(), {});
    group.set_train_tokens(i == 1 ? 0 : made.totals().train_tokens());  // one gives no gradient
    group.set_sequence_tokens(made.totals().train_tokens());
  }
}

grpc::Status FakeCoordinator::NextStep(grpc::ServerContext* context, const NextStepRequest* request,
                                       NextStepReply* reply) {
  base::MutexLock lock(mutex_);
  if (grpc::Status status = CheckMember(request->member(), true); !status.ok()) return status;
  if (request->version() > version_) {
    changed_.WaitUntil(mutex_, absl::Now() + absl::Milliseconds(200), [&] {
      mutex_.AssertHeld();
      return version_ >= request->version() || !alive_ || context->IsCancelled();
    });
    reply->set_wait(true);
    return grpc::Status::OK;
  }
  if (request->version() == static_cast<int64_t>(plan_.size())) {
    reply->set_finished(true);
    return grpc::Status::OK;
  }
  const PlannedStep& step = plan_[static_cast<size_t>(request->version())];
  FillStep(step, *reply);
  if (request->version() < version_) {
    reply->set_replay(true);
    return grpc::Status::OK;
  }
  const bool is_rl = reply->has_rl();
  if (is_rl && (published_.empty() || published_.back().id().version() != version_)) {
    if (ranks_[request->member().member_id()] == 0) {
      reply->set_publish(true);
    } else {
      changed_.WaitUntil(mutex_, absl::Now() + absl::Milliseconds(50), [] { return false; });
      reply->set_wait(true);
    }
  }
  return grpc::Status::OK;
}

grpc::Status FakeCoordinator::ReadShare(grpc::ServerContext*, const ReadShareRequest* request,
                                        grpc::ServerWriter<TrainGroup>* writer) {
  PolicyId policy;
  {
    base::MutexLock lock(mutex_);
    if (grpc::Status status = CheckMember(request->member(), true); !status.ok()) return status;
    if (!published_.empty()) policy = published_.back().id();
  }
  for (const GroupId& id : request->groups()) {
    writer->Write(MakeGroup(id, spec_.stage(static_cast<int>(id.stage())).rl(), policy));
  }
  return grpc::Status::OK;
}

grpc::Status FakeCoordinator::CommitStep(grpc::ServerContext*, const CommitStepRequest* request,
                                         CommitStepReply*) {
  std::function<void(int64_t)> on_commit;
  {
    base::MutexLock lock(mutex_);
    if (grpc::Status status = CheckMember(request->member(), true); !status.ok()) return status;
    const int64_t version = request->version();
    if (version > version_ + 1) return Refuse(grpc::FAILED_PRECONDITION, "not the next version");
    const auto fault = faults_.extract(version);
    if (fault && fault.mapped() == Fault::kReplayDiffers) {
      return Refuse(grpc::FAILED_PRECONDITION, "replay differs: version 2 was a and came out as b");
    }
    const bool restarts = fault && fault.mapped() != Fault::kAttemptEnds;
    if (restarts) {
      ++epoch_;
      ranks_.clear();
      returning_ = true;
      if (fault.mapped() == Fault::kRestartsBefore) return Refuse(grpc::UNAVAILABLE, "restarting");
    }
    std::string digest = request->policy_digest();
    if (!digest.empty() && digests_.count(version) > 0 && digests_[version] != digest) {
      return Refuse(grpc::FAILED_PRECONDITION, "replay differs");
    }
    if (!digest.empty()) digests_[version] = digest;
    Recorded& recorded = commits_[version];
    ++recorded.times;
    recorded.request = *request;
    version_ = std::max(version_, version);
    if (!request->checkpoint().empty()) checkpoints_[version] = request->checkpoint();
    if (request->has_manifest()) published_.push_back(request->manifest());
    if (fault && fault.mapped() == Fault::kAttemptEnds) alive_ = false;
    changed_.NotifyAll();
    if (restarts) return Refuse(grpc::UNAVAILABLE, "restarting");
    on_commit = on_commit_;
  }
  if (on_commit != nullptr) on_commit(request->version());
  return grpc::Status::OK;
}

grpc::Status FakeCoordinator::PublishPolicy(grpc::ServerContext*,
                                            const PublishPolicyRequest* request,
                                            PublishPolicyReply*) {
  base::MutexLock lock(mutex_);
  if (grpc::Status status = CheckMember(request->member(), true); !status.ok()) return status;
  published_.push_back(request->manifest());
  changed_.NotifyAll();
  return grpc::Status::OK;
}

grpc::Status FakeCoordinator::RecordCheckpoint(grpc::ServerContext*,
                                               const RecordCheckpointRequest* request,
                                               RecordCheckpointReply*) {
  base::MutexLock lock(mutex_);
  if (grpc::Status status = CheckMember(request->member(), true); !status.ok()) return status;
  if (request->version() != version_) return Refuse(grpc::FAILED_PRECONDITION, "another version");
  checkpoints_[request->version()] = request->checkpoint();
  digests_[request->version()] = request->policy_digest();
  return grpc::Status::OK;
}

}  // namespace gyre::learner
