#include "cli/report/report.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "cli/report/chart.h"
#include "cli/report/curves.h"
#include "cli/report/eval_change.h"
#include "cli/report/page_assets.h"
#include "cli/report/run_record.h"
#include "cli/report/transcripts.h"

namespace gyre::cli {
namespace {

using Json = nlohmann::json;

std::string Duration(double seconds) {
  const long whole = std::lround(seconds);
  if (whole < 60) return absl::StrCat(whole, " s");
  if (whole < 3600) return absl::StrFormat("%d min %02d s", whole / 60, whole % 60);
  return absl::StrFormat("%d h %02d min", whole / 3600, whole / 60 % 60);
}

std::string Percent(double fraction) {
  return std::isfinite(fraction) ? absl::StrFormat("%.1f %%", 100 * fraction) : "–";
}

std::string OneDecimal(double value) {
  return std::isfinite(value) ? absl::StrFormat("%.1f", value) : "–";
}

std::string Tile(const std::string& value, const std::string& what) {
  return absl::StrCat("<div class=tile><b>", value, "</b><span>", what, "</span></div>");
}

std::string Arrow(const std::string& before, const std::string& after) {
  return absl::StrCat("<em>", before, " →</em> ", after);
}

std::string Tiles(const RunRecord& record) {
  std::string html;
  if (const EvalChange change = LastEvalChange(record); change.before != nullptr) {
    const Json &first = *change.before, &last = *change.after;
    const double before = Number(first, "mean_response_tokens"),
                 after = Number(last, "mean_response_tokens");
    absl::StrAppend(
        &html,
        Tile(Arrow(Percent(Number(first, "accuracy")), Percent(Number(last, "accuracy"))),
             absl::StrCat("accuracy on ", ShortNumber(Number(last, "problems")), " ",
                          EvalProblemsWord(record, change.stage), " problems, mean of ",
                          ShortNumber(Number(last, "samples_per_prompt")), " samples each")),
        Tile(Arrow(absl::StrFormat("%.0f", before), absl::StrFormat("%.0f", after)),
             absl::StrFormat("tokens a response: %.1f times as long",
                             before > 0 ? after / before : 0)));
  }
  const double compared = Number(record.summary, "logprobs_compared");
  if (compared > 0) {
    const double difference = Number(record.summary, "max_logprob_difference");
    absl::StrAppend(&html,
                    Tile(std::isfinite(difference) ? ShortNumber(difference) : "not finite",
                         absl::StrCat("largest difference between sampler and trainer, over ",
                                      ShortNumber(compared), " log-probs")));
  }
  const std::string failure = FailureOf(record);
  return absl::StrCat("<div class=tiles>", html,
                      Tile(Duration(Number(record.summary, "wall_seconds")),
                           absl::StrCat("from start to end; status: ", Escape(StatusOf(record)),
                                        failure.empty() ? "" : ": ", Escape(failure))),
                      "</div>");
}

std::string EvalTable(const RunRecord& record) {
  const Json& evals = List(record.summary, "evals");
  if (evals.empty()) return "";
  std::string rows;
  for (const Json& eval : evals) {
    absl::StrAppend(&rows, "<tr><td>", Escape(Text(eval, "stage")), "<td>", Number(eval, "step"),
                    "<td>", ShortNumber(Number(eval, "problems")), " × ",
                    ShortNumber(Number(eval, "samples_per_prompt")), "<td>",
                    Percent(Number(eval, "accuracy")), "<td>",
                    Percent(Number(eval, "majority_accuracy")), "<td>",
                    Percent(Number(eval, "pass_at_k")), "<td>",
                    OneDecimal(Number(eval, "mean_response_tokens")), "<td>",
                    OneDecimal(Number(eval, "mean_finished_response_tokens")), "<td>",
                    Percent(Number(eval, "truncated_fraction")), "<td>",
                    ShortNumber(Number(eval, "unscored_samples")));
  }
  return absl::StrCat(
      "<section><h2>Evaluations</h2><p class=lead>Accuracy is the mean over all scored samples; "
      "majority takes each problem's most frequent answer; pass@k counts problems that any of the "
      "k samples "
      "solves; unscored samples are those whose rule erred, in dropped groups, too.</p><div "
      "class=scroll><table><tr><th>stage<th>step<th>problems × "
      "samples<th>accuracy<th>majority"
      "<th>pass@k<th>tokens<th>tokens, finished<th>truncated<th>unscored",
      rows, "</table></div></section>\n");
}

// "1.91 of 2", or a dash where nobody measured it.
std::string CoresBusy(const Json& processes, const std::string& stage) {
  for (const Json& usage : List(processes, "stages")) {
    if (Text(usage, "name") != stage) continue;
    return absl::StrFormat("%.2f of %.0f", Number(usage, "cores_busy"), Number(processes, "cores"));
  }
  return "–";
}

std::string Restarts(const Json& processes) {
  std::string list;
  const auto restarts = processes.find("restarts");
  if (restarts != processes.end() && restarts->is_object()) {
    for (const auto& [name, count] : restarts->items()) {
      const uint64_t times = Count(*restarts, name.c_str());
      if (times == 0) continue;
      absl::StrAppend(&list, list.empty() ? "" : ", ", Escape(name), " ", times,
                      times == 1 ? " time" : " times");
    }
  }
  return absl::StrCat("Processes that died and were started again: ", list.empty() ? "none" : list,
                      ".");
}

// What the rules did not score, in words; said of none, too, since a reader looks for it.
std::string Unscored(const RunRecord& record) {
  uint64_t unscored = 0, samples = 0, unscored_evaluated = 0, evaluated = 0;
  for (const Json& line : record.metrics) {
    unscored += Count(line, "unscored_samples");
    samples += Count(line, "samples");
  }
  for (const Json& eval : List(record.summary, "evals")) {
    unscored_evaluated += Count(eval, "unscored_samples");
    evaluated += Count(eval, "problems") * Count(eval, "samples_per_prompt");
  }
  return absl::StrCat("Samples without a score, those of dropped groups included: ",
                      ShortNumber(static_cast<double>(unscored)), " in training, ",
                      ShortNumber(static_cast<double>(unscored_evaluated)),
                      " in evaluations; groups that had effect hold ",
                      ShortNumber(static_cast<double>(samples)), " and ",
                      ShortNumber(static_cast<double>(evaluated)), " samples. ");
}

std::string Accounts(const RunRecord& record) {
  const Json groups = record.summary.value("groups", Json::object());
  std::string heads, cells;
  for (const char* key : {"issued", "consumed", "evaluated", "written", "dropped", "in_flight"}) {
    absl::StrAppend(&heads, "<th>", key);
    absl::StrAppend(&cells, "<td>", ShortNumber(Number(groups, key)));
  }
  std::string stages;
  for (const Json& stage : List(record.summary, "stages")) {
    absl::StrAppend(&stages, "<tr><td>", Escape(Text(stage, "name")), "<td>",
                    ShortNumber(Number(stage, "steps")), "<td>",
                    Duration(Number(stage, "seconds")));
    absl::StrAppend(&stages, "<td>", CoresBusy(record.processes, Text(stage, "name")));
  }
  const Json tokens = record.summary.value("tokens", Json::object());
  const Json policy = record.summary.value("policy", Json::object());
  return absl::StrCat(
      "<section><h2>Accounts</h2><p class=lead>Every group that was issued is found again: issued "
      "is the sum of "
      "the others. ",
      ShortNumber(Number(tokens, "generated")), " tokens were generated, ",
      ShortNumber(Number(tokens, "trained")), " trained on.</p><div class=scroll><table><tr>",
      heads, "<tr>", cells,
      "</table></div><br><div class=scroll><table><tr><th>stage<th>steps<th>time<th>cores busy",
      stages, "</table></div><p class=lead>", Unscored(record), Restarts(record.processes),
      " Final policy: version ", ShortNumber(Number(policy, "version")), ", digest <code>",
      Escape(Text(policy, "digest")), "</code></p></section>\n");
}

// One sentence on what the run is, as its spec says.
std::string Subtitle(const RunRecord& record) {
  bool imitates = false, reinforces = false;
  for (const StageSpec& stage : record.spec.stage()) {
    imitates |= stage.has_sft();
    reinforces |= stage.has_rl();
  }
  return absl::StrCat("A language model, trained by ",
                      !reinforces ? "imitation"
                      : imitates  ? "imitation, then by rewards alone"
                                  : "rewards alone",
                      ". Move over a curve for its values.");
}

}  // namespace

absl::Status WriteReport(const std::string& run_dir) {
  GYRE_ASSIGN_OR_RETURN(RunRecord record, ReadRunRecord(run_dir));
  const std::string title = Escape(record.name);
  const std::string page = absl::StrCat(
      "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport "
      "content=\"width=device-width,initial-scale=1\"><title>",
      title, " · Gyre</title><style>", kPageStyle, "</style><main><h1>", title,
      "</h1><p class=sub>", Subtitle(record), "</p>", Tiles(record), RenderCurves(record),
      RenderTranscripts(record), EvalTable(record), Accounts(record),
      "<details><summary>The run's spec</summary><pre>", Escape(record.spec_text),
      "</pre></details><footer>Made by <code>gyre report</code> from metrics.jsonl, samples.jsonl "
      "and "
      "summary.json beside this file.</footer></main><script>",
      kPageScript, "</script></html>\n");
  return base::WriteFileAtomically(run_dir + "/report.html", page);
}

}  // namespace gyre::cli
