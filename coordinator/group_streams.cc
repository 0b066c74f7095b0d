// The streams of CoordinatorService: groups in, shares out.
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "coordinator/check_group.h"
#include "coordinator/coordinator_service.h"
#include "coordinator/export_lines.h"
#include "rpc/connection_settings.h"
#include "rpc/status_codec.h"
#include "spdlog/spdlog.h"

namespace gyre::coordinator {
namespace {

// What a submission may take in memory.
constexpr uint64_t kMostGroupBytes = 256 << 20;
// A learner reads a group, without texts and outcomes, as one message.
constexpr uint64_t kMostTrainBytes = rpc::kMaxMessageBytes - (1 << 20);

SubmitGroupReply Duplicate() {
  SubmitGroupReply reply;
  reply.set_duplicate(true);
  return reply;
}

}  // namespace

absl::StatusOr<Problem> CoordinatorService::ProblemOf(const GroupKey& group) const {
  const bool known = group.stage < plan_.stages.size() &&
                     (group.purpose == TRAIN || group.purpose == EVAL) &&
                     group.slot < (group.purpose == EVAL ? plan_.stages[group.stage].eval_slots()
                                                         : plan_.stages[group.stage].train_slots());
  if (!known) return absl::InvalidArgumentError(absl::StrCat("there is no ", Describe(group)));
  const ProblemSources& sources = sources_[group.stage];
  const ProblemDraw draw = DrawProblem(plan_.seed, plan_.stages[group.stage], group);
  return (group.purpose == EVAL ? sources.eval : sources.train)->Get(draw.index, draw.draw);
}

absl::StatusOr<Submission> CoordinatorService::CheckHeader(
    const SubmitGroupRequest::Header& header) const {
  const GroupKey key = KeyOf(header.group());
  GYRE_RETURN_IF_ERROR(ProblemOf(key).status());
  if (!std::isfinite(header.probe_difference()) || header.probe_difference() < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(Describe(key), ": its policy's probe differs by ", header.probe_difference(),
                     ", which is no difference; log-probs under this policy are no numbers"));
  }
  return Submission{.member = header.member(),
                    .lease_id = header.lease_id(),
                    .group = key,
                    .sampling = header.sampling(),
                    .policies = {},
                    .numbers = {}};
}

absl::StatusOr<Group> CoordinatorService::ReadSamples(
    const SubmitGroupRequest::Header& header,
    grpc::ServerReader<SubmitGroupRequest>& reader) const {
  Group group;
  *group.mutable_id() = header.group();
  *group.mutable_sampling() = header.sampling();
  *group.mutable_prompt_token_ids() = header.prompt_token_ids();
  // The problem is not taken from the actor.
  GYRE_ASSIGN_OR_RETURN(*group.mutable_problem(), ProblemOf(KeyOf(header.group())));
  uint64_t size_bytes = header.ByteSizeLong();
  uint64_t train_bytes = header.group().purpose() == TRAIN ? size_bytes : 0;
  SubmitGroupRequest part;
  while (reader.Read(&part)) {
    if (!part.has_sample()) return absl::InvalidArgumentError("after the header come samples only");
    if (static_cast<uint32_t>(group.samples_size()) == header.sampling().samples()) {
      return absl::InvalidArgumentError("there are more samples than the header says");
    }
    const Sample& sample = part.sample();
    const uint64_t bytes = sample.ByteSizeLong();
    size_bytes += bytes;
    if (header.group().purpose() == TRAIN) {
      train_bytes += bytes - sample.text().size() - sample.outcome().ByteSizeLong();
    }
    if (size_bytes > kMostGroupBytes || train_bytes > kMostTrainBytes) {
      return absl::InvalidArgumentError(absl::StrCat(
          Describe(KeyOf(header.group())), " is too large, with ", size_bytes >> 20, " MiB after ",
          group.samples_size() + 1, " samples; lower samples_per_prompt or max_response_tokens"));
    }
    *group.add_samples() = std::move(*part.mutable_sample());
  }
  return group;
}

grpc::Status CoordinatorService::SubmitGroup(grpc::ServerContext* context,
                                             grpc::ServerReader<SubmitGroupRequest>* reader,
                                             SubmitGroupReply* reply) {
  SubmitGroupRequest part;
  if (!reader->Read(&part) || !part.has_header()) {
    return rpc::ToGrpc(absl::InvalidArgumentError("a submitted group begins with its header"));
  }
  absl::StatusOr<SubmitGroupReply> result = Receive(*context, part.header(), *reader);
  if (!result.ok()) {
    spdlog::warn("refused {} of member {}: {}", Describe(KeyOf(part.header().group())),
                 part.header().member().member_id(), result.status().ToString());
    return rpc::ToGrpc(result.status());
  }
  *reply = *std::move(result);
  return grpc::Status::OK;
}

absl::StatusOr<SubmitGroupReply> CoordinatorService::Receive(
    const grpc::ServerContext& context, const SubmitGroupRequest::Header& header,
    grpc::ServerReader<SubmitGroupRequest>& reader) {
  GYRE_ASSIGN_OR_RETURN(Submission submission, CheckHeader(header));
  // What nobody waits for is not read: its samples may be large.
  GYRE_ASSIGN_OR_RETURN(const bool awaited, ledger_.DoQuietly([&](Ledger& ledger, absl::Time now) {
    return ledger.Awaits(submission, now);
  }));
  if (!awaited) return Duplicate();
  GYRE_ASSIGN_OR_RETURN(const Group group, ReadSamples(header, reader));
  // A broken stream ends like a whole one.
  if (context.IsCancelled()) return absl::CancelledError("the group's stream was cut");
  return Submit(header, std::move(submission), group);
}

absl::StatusOr<SubmitGroupReply> CoordinatorService::Submit(
    const SubmitGroupRequest::Header& header, Submission submission, const Group& group) {
  const GroupKey key = submission.group;
  const StagePlan& stage = plan_.stages[key.stage];
  GYRE_RETURN_IF_ERROR(CheckGroup(group, stage.Components(key.purpose)));
  const GroupTotals totals = ComputeTotals(
      group, MakeTotalsRule(options_.spec.stage(static_cast<int>(key.stage)), key.purpose));
  submission.policies = PoliciesOf(group);
  submission.numbers = ComputeNumbers(group, totals, header.probe_difference());
  std::string transcript = TranscriptOf(group, totals);
  const auto admit = [&](Ledger& ledger, absl::Time now) { return ledger.Admit(submission, now); };
  GYRE_ASSIGN_OR_RETURN(const Admission foreseen, ledger_.DoQuietly(admit));
  PayloadPlace place;
  if (foreseen == Admission::kAcceptWithPayload) {
    // Outside of the ledger's lock: the disk may be slow. If the group is refused in the meantime,
    // its bytes stay behind unnamed until its step's file goes.
    GYRE_ASSIGN_OR_RETURN(place, Keep(key, group.SerializeAsString()));
  }
  return ledger_.Do([&](Ledger& ledger, absl::Time now) -> absl::StatusOr<SubmitGroupReply> {
    GYRE_ASSIGN_OR_RETURN(const Admission admission, ledger.Admit(submission, now));
    if (admission == Admission::kDuplicate) return Duplicate();
    ledger.Accept(std::move(submission), std::move(place), std::move(transcript), now);
    return SubmitGroupReply();
  });
}

absl::StatusOr<PayloadPlace> CoordinatorService::Keep(const GroupKey& group,
                                                      const std::string& payload) {
  const auto step = static_cast<uint32_t>(group.slot / plan_.stages[group.stage].batch);
  absl::StatusOr<PayloadPlace> place = payloads_.Append(group.stage, step, payload);
  base::MutexLock lock(mutex_);
  trouble_ = std::string(place.status().message());
  if (place.ok()) return place;
  // The group stays with its actor, which tries again; a full disk may have room later.
  spdlog::error("{}", trouble_);
  return absl::UnavailableError(trouble_);
}

// One sample of the first few groups of a step, and the first of an evaluation's first problems.
std::string CoordinatorService::TranscriptOf(const Group& group, const GroupTotals& totals) const {
  const GroupKey key = KeyOf(group.id());
  const StagePlan& stage = plan_.stages[key.stage];
  TranscriptContext context{.stage_name = stage.name};
  if (key.purpose == EVAL) {
    const uint64_t problem = key.slot % stage.eval_problems;
    if (problem >= stage.eval_transcripts) return "";
    context.step = stage.evaluations[key.slot / stage.eval_problems].step;
    context.version = stage.base_version + context.step;
    return TranscriptLine(group, totals, 0, context);
  }
  if (key.slot % stage.batch >= plan_.transcripts_per_step) return "";
  context.step = static_cast<uint32_t>(key.slot / stage.batch);
  context.version = stage.base_version + context.step + 1;
  // A group may be long; which sample is shown goes round with the steps.
  return TranscriptLine(group, totals, static_cast<int>(context.step % group.samples_size()),
                        context);
}

absl::StatusOr<TrainGroup> CoordinatorService::LoadTrainGroup(const ShareEntry& entry) const {
  GYRE_ASSIGN_OR_RETURN(const std::string payload, payloads_.Read(entry.place));
  Group group;
  if (!group.ParseFromString(payload) || KeyOf(group.id()) != entry.group) {
    return absl::DataLossError(
        absl::StrCat("the payload of ", Describe(entry.group), " is another's"));
  }
  TrainGroup train;
  *train.mutable_totals() = ComputeTotals(
      group, MakeTotalsRule(options_.spec.stage(static_cast<int>(entry.group.stage)), TRAIN));
  *train.mutable_id() = group.id();
  train.mutable_prompt_token_ids()->Swap(group.mutable_prompt_token_ids());
  train.set_temperature(entry.temperature);
  for (Sample& sample : *group.mutable_samples()) {
    sample.clear_text();
    sample.clear_outcome();
    *train.add_samples() = std::move(sample);
  }
  return train;
}

grpc::Status CoordinatorService::ReadShare(grpc::ServerContext*, const ReadShareRequest* request,
                                           grpc::ServerWriter<TrainGroup>* writer) {
  const absl::StatusOr<std::vector<ShareEntry>> entries = ledger_.DoQuietly(
      [&](Ledger& ledger, absl::Time now) { return ledger.Share(*request, now); });
  if (!entries.ok()) return rpc::ToGrpc(entries.status());
  for (const ShareEntry& entry : *entries) {
    const absl::StatusOr<TrainGroup> group = LoadTrainGroup(entry);
    if (!group.ok()) {
      spdlog::error("{}", group.status().ToString());
      return rpc::ToGrpc(group.status());
    }
    if (!writer->Write(*group)) return grpc::Status::CANCELLED;
  }
  return grpc::Status::OK;
}

}  // namespace gyre::coordinator
