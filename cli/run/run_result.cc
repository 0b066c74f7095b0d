#include "cli/run/run_result.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "cli/report/eval_change.h"
#include "cli/report/run_record.h"
#include "cli/run/amounts.h"

namespace gyre::cli {
namespace {

using nlohmann::json;

std::string EvalRow(const json& eval) {
  return absl::StrFormat(
      "%-10s %6d %9s %9s %9s %9.1f %9.1f %6s %9s\n", Text(eval, "stage"), Count(eval, "step"),
      Fraction(Number(eval, "accuracy")), Fraction(Number(eval, "majority_accuracy")),
      Fraction(Number(eval, "pass_at_k")), Number(eval, "mean_response_tokens"),
      Number(eval, "mean_finished_response_tokens"), Percent(Number(eval, "truncated_fraction")),
      Grouped(Count(eval, "unscored_samples")));
}

std::string ChangeSentence(const RunRecord& record) {
  const EvalChange change = LastEvalChange(record);
  if (change.before == nullptr) return "";
  const double before = Number(*change.before, "mean_response_tokens"),
               after = Number(*change.after, "mean_response_tokens");
  return absl::StrFormat(
      "stage %s: accuracy %s -> %s, mean response %.1f -> %.1f tokens (x %.2f)\n", change.stage,
      Fraction(Number(*change.before, "accuracy")), Fraction(Number(*change.after, "accuracy")),
      before, after, before > 0 ? after / before : 0.0);
}

}  // namespace

std::string RunStatus(const std::string& run_dir) {
  const auto record = ReadRunSummary(run_dir);
  return record.ok() ? StatusOf(*record) : "";
}

absl::StatusOr<std::string> ResultTable(const std::string& run_dir) {
  GYRE_ASSIGN_OR_RETURN(const RunRecord record, ReadRunSummary(run_dir));
  const json& summary = record.summary;
  std::string text;
  if (const std::string failure = FailureOf(record); !failure.empty()) {
    absl::StrAppend(&text, "failed: ", failure, "\n\n");
  }
  const json& evals = List(summary, "evals");
  if (!evals.empty()) {
    absl::StrAppendFormat(&text, "%-10s %6s %9s %9s %9s %9s %9s %6s %9s\n", "evaluated", "step",
                          "accuracy", "majority", "pass@k", "tokens", "finished", "cut",
                          "unscored");
    for (const json& eval : evals) absl::StrAppend(&text, EvalRow(eval));
    absl::StrAppend(&text, "\n", ChangeSentence(record));
  }
  absl::StrAppend(&text, "time ", Clock(absl::Seconds(Number(summary, "wall_seconds"))));
  for (const json& stage : List(summary, "stages")) {
    absl::StrAppend(&text, "  ", Text(stage, "name"), " ",
                    Clock(absl::Seconds(Number(stage, "seconds"))));
  }
  absl::StrAppend(&text, "\n");
  if (Number(summary, "logprobs_compared") > 0) {
    absl::StrAppend(&text, "engine against learner: largest log-prob difference ",
                    Short(Number(summary, "max_logprob_difference")), " over ",
                    Grouped(Count(summary, "logprobs_compared")), " tokens\n");
  }
  const json groups = summary.value("groups", json::object());
  absl::StrAppend(&text, "groups");
  for (const char* state : {"issued", "consumed", "evaluated", "written", "dropped", "in_flight"}) {
    absl::StrAppend(&text, "  ", state, " ", Grouped(Count(groups, state)));
  }
  const json policy = summary.value("policy", json::object());
  absl::StrAppend(&text, "\npolicy version ", Count(policy, "version"), ", digest ",
                  Text(policy, "digest").substr(0, 16), "\n");
  return text;
}

}  // namespace gyre::cli
