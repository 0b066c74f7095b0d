#include "cli/run/run_result.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "cli/report/run_record.h"
#include "cli/run/amounts.h"

namespace gyre::cli {
namespace {

using nlohmann::json;

std::string EvalRow(const json& eval) {
  return absl::StrFormat(
      "%-10s %6.0f %9.3f %9.3f %9.3f %9.1f %9.1f %6s\n", Text(eval, "stage"), Number(eval, "step"),
      Number(eval, "accuracy"), Number(eval, "majority_accuracy"), Number(eval, "pass_at_k"),
      Number(eval, "mean_response_tokens"), Number(eval, "mean_finished_response_tokens"),
      Percent(Number(eval, "truncated_fraction")));
}

// Of the last stage that was evaluated at least twice.
std::string ChangeSentence(const json& evals) {
  if (evals.size() < 2) return "";
  const json& last = evals.back();
  for (const json& first : evals) {
    if (Text(first, "stage") != Text(last, "stage") || &first == &last) continue;
    const double tokens = Number(first, "mean_response_tokens");
    return absl::StrFormat(
        "stage %s: held-out accuracy %.3f -> %.3f, mean response %.1f -> %.1f tokens (x %.2f)\n",
        Text(last, "stage"), Number(first, "accuracy"), Number(last, "accuracy"), tokens,
        Number(last, "mean_response_tokens"),
        tokens > 0 ? Number(last, "mean_response_tokens") / tokens : 0.0);
  }
  return "";
}

}  // namespace

std::string RunStatus(const std::string& run_dir) {
  const auto record = ReadRunRecord(run_dir);
  return record.ok() ? Text(record->summary, "status") : "";
}

absl::StatusOr<std::string> ResultTable(const std::string& run_dir) {
  GYRE_ASSIGN_OR_RETURN(const RunRecord record, ReadRunRecord(run_dir));
  const json& summary = record.summary;
  std::string text;
  const json evals = summary.value("evals", json::array());
  if (!evals.empty()) {
    absl::StrAppendFormat(&text, "%-10s %6s %9s %9s %9s %9s %9s %6s\n", "held out", "step",
                          "accuracy", "majority", "pass@k", "tokens", "finished", "cut");
    for (const json& eval : evals) absl::StrAppend(&text, EvalRow(eval));
    absl::StrAppend(&text, "\n", ChangeSentence(evals));
  }
  absl::StrAppend(&text, "time ", Clock(absl::Seconds(Number(summary, "wall_seconds"))));
  for (const json& stage : summary.value("stages", json::array())) {
    absl::StrAppend(&text, "  ", Text(stage, "name"), " ",
                    Clock(absl::Seconds(Number(stage, "seconds"))));
  }
  absl::StrAppend(&text, "\n");
  if (Number(summary, "logprobs_compared") > 0) {
    absl::StrAppend(&text, "engine against learner: largest log-prob difference ",
                    Short(Number(summary, "max_logprob_difference")), " over ",
                    Grouped(static_cast<uint64_t>(Number(summary, "logprobs_compared"))),
                    " tokens\n");
  }
  const json groups = summary.value("groups", json::object());
  absl::StrAppend(&text, "groups");
  for (const char* state : {"issued", "consumed", "evaluated", "written", "dropped", "in_flight"}) {
    absl::StrAppend(&text, "  ", state, " ", Grouped(static_cast<uint64_t>(Number(groups, state))));
  }
  const json policy = summary.value("policy", json::object());
  absl::StrAppend(&text, "\npolicy version ", Number(policy, "version"), ", digest ",
                  Text(policy, "digest").substr(0, 16), "\n");
  return text;
}

}  // namespace gyre::cli
