// The streams of CoordinatorService: groups in, shares out.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "coordinator/check_group.h"
#include "coordinator/coordinator_service.h"
#include "coordinator/export_lines.h"
#include "rpc/status_codec.h"
#include "spdlog/spdlog.h"

namespace gyre::coordinator {

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

absl::StatusOr<Group> CoordinatorService::ReadGroup(grpc::ServerReader<SubmitGroupRequest>& reader,
                                                    SubmitGroupRequest::Header& header) const {
  SubmitGroupRequest part;
  if (!reader.Read(&part) || !part.has_header()) {
    return absl::InvalidArgumentError("a submitted group begins with its header");
  }
  header = std::move(*part.mutable_header());
  Group group;
  *group.mutable_id() = header.group();
  *group.mutable_sampling() = header.sampling();
  *group.mutable_prompt_token_ids() = header.prompt_token_ids();
  // The problem is not taken from the actor.
  GYRE_ASSIGN_OR_RETURN(*group.mutable_problem(), ProblemOf(KeyOf(header.group())));
  while (reader.Read(&part)) {
    if (!part.has_sample()) return absl::InvalidArgumentError("after the header come samples only");
    if (static_cast<uint32_t>(group.samples_size()) == header.sampling().samples()) {
      return absl::InvalidArgumentError("there are more samples than the header says");
    }
    *group.add_samples() = std::move(*part.mutable_sample());
  }
  return group;
}

grpc::Status CoordinatorService::SubmitGroup(grpc::ServerContext* context,
                                             grpc::ServerReader<SubmitGroupRequest>* reader,
                                             SubmitGroupReply* reply) {
  SubmitGroupRequest::Header header;
  absl::StatusOr<Group> group = ReadGroup(*reader, header);
  // A broken stream ends like a whole one.
  if (context->IsCancelled()) {
    return rpc::ToGrpc(absl::CancelledError("the group's stream was cut"));
  }
  absl::StatusOr<SubmitGroupReply> result =
      group.ok() ? Submit(header, *std::move(group)) : group.status();
  if (!result.ok()) {
    spdlog::warn("refused {} of member {}: {}", Describe(KeyOf(header.group())),
                 header.member().member_id(), result.status().ToString());
    return rpc::ToGrpc(result.status());
  }
  *reply = *std::move(result);
  return grpc::Status::OK;
}

absl::StatusOr<SubmitGroupReply> CoordinatorService::Submit(
    const SubmitGroupRequest::Header& header, Group group) {
  const GroupKey key = KeyOf(header.group());
  const StagePlan& stage = plan_.stages[key.stage];
  GYRE_RETURN_IF_ERROR(CheckGroup(group, stage.Components(key.purpose)));
  const GroupTotals totals = ComputeTotals(
      group, MakeTotalsRule(options_.spec.stage(static_cast<int>(key.stage)), key.purpose));
  Submission submission{.member = header.member(),
                        .lease_id = header.lease_id(),
                        .group = key,
                        .sampling = header.sampling(),
                        .policies = PoliciesOf(group),
                        .numbers = ComputeNumbers(group, totals, header.probe_difference())};
  std::string transcript = TranscriptOf(group, totals);
  const std::string payload = group.SerializeAsString();
  return ledger_.Do([&](Ledger& ledger, absl::Time now) -> absl::StatusOr<SubmitGroupReply> {
    SubmitGroupReply reply;
    GYRE_ASSIGN_OR_RETURN(const Admission admission, ledger.Admit(submission, now));
    if (admission == Admission::kDuplicate) {
      reply.set_duplicate(true);
      return reply;
    }
    PayloadPlace place;
    if (admission == Admission::kAcceptWithPayload) {
      const absl::StatusOr<PayloadPlace> appended =
          payloads_.Append(key.stage, static_cast<uint32_t>(key.slot / stage.batch), payload);
      if (!appended.ok()) {
        // The group stays with its actor, which tries again; a full disk may have room later.
        spdlog::error("{}", appended.status().ToString());
        return absl::UnavailableError(appended.status().message());
      }
      place = *appended;
    }
    ledger.Accept(std::move(submission), std::move(place), std::move(transcript), now);
    return reply;
  });
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
