#include "coordinator/export_lines.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace gyre::coordinator {
namespace {

using Json = nlohmann::ordered_json;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Fields of StepMetrics that come from groups.
constexpr int kFirstGroupField = 10;
constexpr int kLastGroupField = 39;

std::string Dump(const Json& json, int indent = -1) {
  // A response may be cut in the middle of a character.
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

Json Value(const Message& message, const FieldDescriptor& field) {
  const google::protobuf::Reflection& at = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return at.GetDouble(message, &field);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return at.GetFloat(message, &field);
    case FieldDescriptor::CPPTYPE_INT64:
      return at.GetInt64(message, &field);
    case FieldDescriptor::CPPTYPE_UINT64:
      return at.GetUInt64(message, &field);
    case FieldDescriptor::CPPTYPE_UINT32:
      return at.GetUInt32(message, &field);
    case FieldDescriptor::CPPTYPE_STRING:
      return at.GetString(message, &field);
    default:
      return nullptr;
  }
}

Json ToJson(const Message& message, bool with_group_fields) {
  Json json = Json::object();
  const google::protobuf::Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const bool of_groups = field.number() >= kFirstGroupField && field.number() <= kLastGroupField;
    if (of_groups && !with_group_fields) continue;
    if (!field.is_map()) {
      json[field.name()] = Value(message, field);
      continue;
    }
    Json& entries = json[field.name()] = Json::object();
    const google::protobuf::Reflection& at = *message.GetReflection();
    std::vector<const Message*> sorted;
    for (int k = 0; k < at.FieldSize(message, &field); ++k) {
      sorted.push_back(&at.GetRepeatedMessage(message, &field, k));
    }
    const FieldDescriptor& key = *field.message_type()->map_key();
    const auto key_of = [&](const Message* entry) {
      return entry->GetReflection()->GetString(*entry, &key);
    };
    std::sort(sorted.begin(), sorted.end(),
              [&](const Message* a, const Message* b) { return key_of(a) < key_of(b); });
    for (const Message* entry : sorted) {
      entries[key_of(entry)] = Value(*entry, *field.message_type()->map_value());
    }
  }
  return json;
}

std::string PromptOf(const Problem& problem) {
  if (problem.messages_size() == 0) return problem.prompt();
  return problem.messages(problem.messages_size() - 1).content();
}

Json ToJson(const ComponentOutcome& outcome) {
  Json json = {{"component", outcome.component()}};
  if (outcome.has_value()) {
    json["value"] = outcome.value();
  } else {
    json["error"] = ScoreErrorKind_Name(outcome.error());
  }
  json["rule"] = outcome.rule();
  json["answer"] = outcome.answer();
  return json;
}

Json ToJson(const EvalResult& result) {
  return {{"stage", result.stage()},
          {"step", result.step()},
          {"version", result.version()},
          {"problems", result.problems()},
          {"samples_per_prompt", result.samples_per_problem()},
          {"accuracy", result.accuracy()},
          {"majority_accuracy", result.majority_accuracy()},
          {"pass_at_k", result.pass_at_k()},
          {"mean_response_tokens", result.mean_response_tokens()},
          {"mean_finished_response_tokens", result.mean_finished_response_tokens()},
          {"truncated_fraction", result.truncated_fraction()},
          {"unscored_samples", result.unscored_samples()},
          {"wall_seconds", result.wall_seconds()},
          {"seconds", result.seconds()}};
}

}  // namespace

std::string MetricsLine(const StepMetrics& metrics, bool is_rl) {
  return Dump(ToJson(metrics, is_rl));
}

std::string TranscriptLine(const Group& group, const GroupTotals& totals, int index,
                           const TranscriptContext& context) {
  const Sample& sample = group.samples(index);
  uint64_t tokens = 0;
  int64_t policy_version = 0;
  for (const Span& span : sample.spans()) {
    tokens += span.token_ids_size();
    if (span.has_policy()) policy_version = span.policy().version();
  }
  Json components = Json::array();
  for (const ComponentOutcome& outcome : sample.outcome().components()) {
    components.push_back(ToJson(outcome));
  }
  const GroupTotals::SampleTotal& total = totals.samples(index);
  return Dump({{"stage", context.stage_name},
               {"step", context.step},
               {"version", context.version},
               {"purpose", group.id().purpose() == EVAL ? "eval" : "train"},
               {"slot", group.id().slot()},
               {"problem", group.problem().id()},
               {"prompt", PromptOf(group.problem())},
               {"sample_index", sample.index()},
               {"text", sample.text()},
               {"tokens", tokens},
               {"finish_reason", absl::AsciiStrToLower(FinishReason_Name(sample.finish_reason()))},
               {"total", total.scored() ? Json(total.total()) : Json(nullptr)},
               {"components", std::move(components)},
               {"policy_version", policy_version}});
}

std::string Summary(const Ledger& ledger, const std::string& status, absl::Time now) {
  Json stages = Json::array();
  for (const StageRow& times : ledger.StageTimes(now)) {
    const StagePlan& plan = ledger.plan().stages[times.stage];
    const int64_t steps = std::clamp<int64_t>(ledger.version() - plan.base_version, 0, plan.steps);
    const double seconds =
        times.begin_wall_seconds < 0 ? 0 : times.end_wall_seconds - times.begin_wall_seconds;
    stages.push_back({{"name", plan.name}, {"steps", steps}, {"seconds", seconds}});
  }
  Json evals = Json::array();
  for (const EvalResult& result : ledger.Evaluations()) evals.push_back(ToJson(result));
  const GroupCounts groups = ledger.tally().ToProto();
  Json dropped = Json::object();
  for (const auto& [reason, count] : std::map<std::string, uint64_t>(
           groups.dropped_by_reason().begin(), groups.dropped_by_reason().end())) {
    dropped[reason] = count;
  }
  const PolicyKey policy = ledger.NewestPolicy();
  Json summary = {
      {"status", status},
      {"name", ledger.plan().name},
      {"wall_seconds", ledger.WallSeconds(now)},
      {"stages", std::move(stages)},
      {"evals", std::move(evals)},
      {"groups",
       {{"issued", groups.issued()},
        {"consumed", groups.consumed()},
        {"evaluated", groups.evaluated()},
        {"written", groups.written()},
        {"dropped", groups.dropped()},
        {"in_flight", groups.pending() + groups.leased() + groups.ready() + groups.assigned()},
        {"dropped_by_reason", std::move(dropped)}}},
      {"tokens",
       {{"generated", ledger.tokens_generated()}, {"trained", ledger.steps().tokens_trained()}}},
      {"max_logprob_difference", ledger.steps().max_logprob_difference()},
      {"logprobs_compared", ledger.steps().logprobs_compared()},
      {"policy",
       {{"version", policy.version}, {"digest", absl::BytesToHexString(policy.root_digest)}}}};
  if (!ledger.failure().empty()) summary["failure"] = ledger.failure();
  return Dump(summary, 2) + "\n";
}

}  // namespace gyre::coordinator
