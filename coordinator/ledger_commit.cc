#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "coordinator/group_metrics.h"
#include "coordinator/ledger.h"

namespace gyre::coordinator {
namespace {

constexpr size_t kDigestBytes = 32;

// The digest that a commit gives for its weights; empty if it gives none.
const std::string& DigestOf(const CommitStepRequest& request) {
  return request.has_manifest() ? request.manifest().id().root_digest() : request.policy_digest();
}

// The folder is removed some day, so it is no other than the version's own.
absl::Status CheckFolder(const std::string& folder, int64_t version) {
  if (folder == CheckpointFolder(version)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the checkpoint of version ", version, " is ",
                                                 CheckpointFolder(version), ", not \"", folder,
                                                 "\""));
}

absl::Status CheckCommit(const CommitStepRequest& request, bool publish, bool checkpoint) {
  const std::string name = absl::StrCat("the commit of version ", request.version());
  if (publish &&
      (!request.has_manifest() || request.manifest().id().version() != request.version() ||
       request.manifest().id().root_digest().size() != kDigestBytes)) {
    return absl::InvalidArgumentError(absl::StrCat(name, " needs the manifest of its policy"));
  }
  if (request.has_manifest() && !request.policy_digest().empty() &&
      request.policy_digest() != request.manifest().id().root_digest()) {
    return absl::InvalidArgumentError(absl::StrCat(name, " names two digests"));
  }
  if (checkpoint && request.checkpoint().empty()) {
    return absl::InvalidArgumentError(absl::StrCat(name, " needs its checkpoint"));
  }
  if (request.checkpoint().empty()) return absl::OkStatus();
  if (DigestOf(request).size() != kDigestBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, " needs the digest of its policy beside its checkpoint"));
  }
  return CheckFolder(request.checkpoint(), request.version());
}

}  // namespace

absl::Status Ledger::CommitStep(const CommitStepRequest& request, absl::Time now) {
  GYRE_ASSIGN_OR_RETURN(const uint32_t rank, HearRank(request.member(), request.attempt(), now));
  if (rank != 0) return absl::InvalidArgumentError("only rank 0 commits");
  GYRE_RETURN_IF_ERROR(CheckNotFailed());
  const int64_t version = request.version();
  if (version < 1 || version > std::min(steps_.committed() + 1, plan_.end_version())) {
    return absl::FailedPreconditionError(absl::StrCat(
        "version ", version, " cannot be committed, the run is at ", steps_.committed()));
  }
  const RunPlan::Place place = plan_.PlaceOf(version - 1);
  const StagePlan& stage = plan_.stages[place.stage];
  if (place.stage != request.stage() || place.step != request.step()) {
    return absl::InvalidArgumentError(
        absl::StrCat("version ", version, " is made by stage ", place.stage, " step ", place.step));
  }
  const bool publish = plan_.PublishAfter(stage, place.step);
  const bool checkpoint = plan_.CheckpointAfter(stage, place.step);
  GYRE_RETURN_IF_ERROR(CheckCommit(request, publish, checkpoint));
  if (version <= steps_.committed()) {
    const MemberTable::Member& member = members_.members().at(request.member().member_id());
    const absl::Status again = CommitAgain(request, member.inexact_replay);
    Advance(now);
    return again;
  }
  if (place.stage != stage_ || EvaluationDue() || (stage.is_rl && !assigned_)) {
    return absl::FailedPreconditionError(
        absl::StrCat("version ", version, " has not been handed out: ", WaitingFor()));
  }
  StepRow row{.version = version,
              .stage = place.stage,
              .step = place.step,
              .policy_digest = DigestOf(request),
              .metrics = request.metrics()};
  row.metrics.set_stage(stage.name);
  row.metrics.set_step(place.step);
  row.metrics.set_version(version);
  row.metrics.set_wall_seconds(WallSeconds(now));
  if (stage.is_rl) CommitGroups(place.step, row.metrics);
  Emit(row);
  steps_.Append(std::move(row));
  assigned_ = false;
  if (publish) Publish(request.manifest(), place.stage);
  if (!request.checkpoint().empty()) {
    NameCheckpoint({.version = version,
                    .folder = request.checkpoint(),
                    .policy_digest = DigestOf(request),
                    .stage_end = place.step + 1 == stage.steps});
  }
  // Older versions than those that open slots may use are not fetched any more.
  for (PolicyRow& forgotten : policies_.ForgetManifestsBelow(version - stage.max_policy_lag)) {
    Emit(std::move(forgotten));
  }
  Emit(PresentRunRow(now));
  Advance(now);
  return absl::OkStatus();
}

void Ledger::CommitGroups(uint32_t step, StepMetrics& metrics) {
  const uint64_t begin = uint64_t{step} * stage_plan().batch;
  const uint64_t end = begin + stage_plan().batch;
  SlotLine& line = stage().train;
  std::vector<const GroupNumbers*> groups;
  double lag_sum = 0;
  double lag_max = 0;
  for (uint64_t slot = begin; slot < end; ++slot) {
    if (line.slot(slot).state != GroupState::kAssigned) continue;  // void
    const GroupRow& row = *line.Find(slot);
    groups.push_back(&row.numbers);
    int64_t oldest = steps_.committed();
    for (const PolicyKey& policy : row.policies) oldest = std::min(oldest, policy.version);
    const double lag = static_cast<double>(steps_.committed() - oldest);
    lag_sum += lag;
    lag_max = std::max(lag_max, lag);
    if (!row.transcript.empty()) Emit(TranscriptRow{row.transcript});
    line.Consume(slot);
    Emit(GroupStateRow{
        .key = row.key, .state = GroupState::kConsumed, .step_version = steps_.committed() + 1});
  }
  AddGroupMetrics(groups, metrics);
  if (!groups.empty()) metrics.set_policy_lag_mean(lag_sum / groups.size());
  metrics.set_policy_lag_max(lag_max);
  const SlotLine::Losses losses = line.LossesIn(begin, end);
  metrics.set_dropped_groups(losses.dropped_groups);
  metrics.set_tokens_generated(metrics.tokens_generated() + losses.dropped_tokens);
  // What failed so often that its groups were dropped has failed all the same.
  metrics.set_unscored_samples(metrics.unscored_samples() + losses.unscored_samples);
  for (const auto& [error, samples] : losses.errors) {
    (*metrics.mutable_outcome_errors())[error] += samples;
  }
  metrics.set_lease_expiries(losses.lease_expiries);
}

absl::Status Ledger::SettleDigest(int64_t version, const std::string& recorded,
                                  const std::string& digest, bool inexact_replay) {
  if (recorded.empty() || digest.empty() || recorded == digest) return absl::OkStatus();
  if (inexact_replay) {
    WithdrawFrom(version);
    return absl::OkStatus();
  }
  Fail(absl::StrCat("replay differs: version ", version, " was ", Describe({version, recorded}),
                    " and came out as ", Describe({version, digest})));
  return absl::FailedPreconditionError(failure_);
}

absl::Status Ledger::CommitAgain(const CommitStepRequest& request, bool inexact_replay) {
  const int64_t version = request.version();
  const StepRow& recorded = steps_.At(version);
  const std::string& digest = DigestOf(request);
  GYRE_RETURN_IF_ERROR(SettleDigest(version, recorded.policy_digest, digest, inexact_replay));
  if (!digest.empty() && recorded.policy_digest != digest) {
    Emit(steps_.SetPolicyDigest(version, digest));
  }
  // Weights of this version that a later stage began with are others, and stay published.
  const PolicyRow* published = policies_.Find(version);
  if (request.has_manifest() && (published == nullptr || published->stage == recorded.stage)) {
    Publish(request.manifest(), recorded.stage);
  }
  if (!request.checkpoint().empty() && version > checkpoints_.covered_version()) {
    NameCheckpoint({.version = version,
                    .folder = request.checkpoint(),
                    .policy_digest = digest,
                    .stage_end = recorded.step + 1 == plan_.stages[recorded.stage].steps});
  }
  return absl::OkStatus();
}

void Ledger::WithdrawFrom(int64_t version) {
  for (const PolicyKey& policy : policies_.WithdrawFrom(version)) {
    Emit(PolicyWithdrawnRow{policy.version});
    for (const LeaseTable::Lease& lease : leases_.TakeWithPolicy(policy))
      EndLease(lease, LeaseEnd::kWithdrawn);
  }
  if (finished()) return;
  // Accepted groups that no step or evaluation has used yet are sampled anew.
  for (SlotLine* line : {&stage().train, &stage().eval}) {
    for (const uint64_t slot : line->ReadySlots()) {
      GroupRow row = *line->Find(slot);
      if (std::all_of(row.policies.begin(), row.policies.end(),
                      [&](const PolicyKey& key) { return policies_.IsPublished(key); })) {
        continue;
      }
      line->Drop(slot, kStale, row.numbers, false);
      row.state = GroupState::kDropped;
      row.drop_reason = kStale;
      Emit(GroupStateRow{.key = row.key, .state = row.state, .drop_reason = row.drop_reason});
    }
  }
}

void Ledger::Publish(const PolicyManifest& manifest, uint32_t stage) {
  Emit(policies_.Publish({.key = KeyOf(manifest.id()),
                          .stage = stage,
                          .attempt = ranks_.attempt(),
                          .manifest = manifest}));
}

absl::Status Ledger::PublishPolicy(const PublishPolicyRequest& request, absl::Time now) {
  GYRE_ASSIGN_OR_RETURN(const uint32_t rank, HearRank(request.member(), request.attempt(), now));
  if (rank != 0) return absl::InvalidArgumentError("only rank 0 publishes");
  GYRE_RETURN_IF_ERROR(CheckNotFailed());
  const PolicyKey key = KeyOf(request.manifest().id());
  if (key.root_digest.size() != kDigestBytes) {
    return absl::InvalidArgumentError("a manifest needs its root digest of 32 bytes");
  }
  if (key.version != steps_.committed() || finished()) {
    return absl::FailedPreconditionError(
        absl::StrCat("version ", key.version, " cannot be published, the run is at ",
                     steps_.committed(), finished() ? " and finished" : ""));
  }
  // What these weights must be, if they have been named before.
  std::string recorded;
  const PolicyRow* published = policies_.Find(key.version);
  if (published != nullptr && PolicyTable::Serves(*published, stage_plan())) {
    recorded = published->key.root_digest;
  } else if (key.version > 0 &&
             (stage_step() > 0 || stage_plan().start == StagePlan::Start::kPrevious)) {
    recorded = steps_.At(key.version).policy_digest;
  }
  const bool inexact = members_.members().at(request.member().member_id()).inexact_replay;
  GYRE_RETURN_IF_ERROR(SettleDigest(key.version, recorded, key.root_digest, inexact));
  Publish(request.manifest(), stage_);
  Advance(now);
  return absl::OkStatus();
}

void Ledger::NameCheckpoint(CheckpointRow row) {
  const int64_t covered = checkpoints_.covered_version();
  for (CheckpointRow& changed : checkpoints_.Add(std::move(row))) {
    if (changed.removed) effects_.removed_checkpoints.push_back(changed.folder);
    Emit(std::move(changed));
  }
  for (int64_t version = covered + 1; version <= checkpoints_.covered_version(); ++version) {
    const StepRow& step = steps_.At(version);
    if (!plan_.stages[step.stage].is_rl) continue;
    const uint64_t batch = plan_.stages[step.stage].batch;
    stages_[step.stage].train.Forget(step.step * batch, (step.step + 1) * batch);
    effects_.covered_steps.emplace_back(step.stage, step.step);
  }
}

absl::Status Ledger::RecordCheckpoint(const RecordCheckpointRequest& request, absl::Time now) {
  GYRE_RETURN_IF_ERROR(HearRank(request.member(), request.attempt(), now).status());
  const int64_t version = request.version();
  // While ranks replay they are behind the present version, and may be stopped there, too.
  if (version < checkpoints_.covered_version() || version > steps_.committed() ||
      request.checkpoint().empty() || request.policy_digest().size() != kDigestBytes) {
    return absl::FailedPreconditionError(absl::StrCat(
        "version ", version, " cannot be saved; versions ", checkpoints_.covered_version(), " to ",
        steps_.committed(), " can, with their checkpoint's folder and policy's digest"));
  }
  GYRE_RETURN_IF_ERROR(CheckFolder(request.checkpoint(), version));
  if (checkpoints_.Find(version) != nullptr) return absl::OkStatus();
  const std::string recorded = version > 0 ? steps_.At(version).policy_digest : "";
  if (!recorded.empty() && recorded != request.policy_digest()) {
    return absl::FailedPreconditionError(
        absl::StrCat("version ", version, " was committed as ", Describe({version, recorded}),
                     ", not as ", Describe({version, request.policy_digest()})));
  }
  NameCheckpoint({.version = version,
                  .folder = request.checkpoint(),
                  .policy_digest = request.policy_digest()});
  return absl::OkStatus();
}

}  // namespace gyre::coordinator
