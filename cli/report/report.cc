#include "cli/report/report.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "cli/report/chart.h"
#include "cli/report/curves.h"
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

std::string Percent(double fraction) { return absl::StrFormat("%.1f %%", 100 * fraction); }

std::string Tile(const std::string& value, const std::string& what) {
  return absl::StrCat("<div class=tile><b>", value, "</b><span>", what, "</span></div>");
}

std::string Arrow(const std::string& before, const std::string& after) {
  return absl::StrCat("<em>", before, " →</em> ", after);
}

std::string Tiles(const RunRecord& record) {
  const Json evals = record.summary.value("evals", Json::array());
  std::string html;
  if (evals.size() >= 2) {
    const Json &first = evals.front(), &last = evals.back();
    const double before = Number(first, "mean_response_tokens"),
                 after = Number(last, "mean_response_tokens");
    absl::StrAppend(
        &html,
        Tile(Arrow(Percent(Number(first, "accuracy")), Percent(Number(last, "accuracy"))),
             absl::StrCat("accuracy on ", ShortNumber(Number(last, "problems")),
                          " held-out problems, mean of ",
                          ShortNumber(Number(last, "samples_per_problem",
                                             Number(last, "samples_per_prompt"))),
                          " samples each")),
        Tile(Arrow(absl::StrFormat("%.0f", before), absl::StrFormat("%.0f", after)),
             absl::StrFormat("tokens a response: %.1f times as long",
                             before > 0 ? after / before : 0)));
  }
  const double compared = Number(record.summary, "logprobs_compared");
  if (compared > 0) {
    absl::StrAppend(&html,
                    Tile(ShortNumber(Number(record.summary, "max_logprob_difference")),
                         absl::StrCat("largest difference between sampler and trainer, over ",
                                      ShortNumber(compared), " log-probs")));
  }
  return absl::StrCat(
      "<div class=tiles>", html,
      Tile(Duration(Number(record.summary, "wall_seconds")),
           absl::StrCat("from start to end; status: ", Escape(Text(record.summary, "status")))),
      "</div>");
}

std::string EvalTable(const RunRecord& record) {
  const Json evals = record.summary.value("evals", Json::array());
  if (evals.empty()) return "";
  std::string rows;
  for (const Json& eval : evals) {
    const double k = Number(eval, "samples_per_problem", Number(eval, "samples_per_prompt"));
    absl::StrAppend(&rows, "<tr><td>", Escape(Text(eval, "stage")), "<td>", Number(eval, "step"),
                    "<td>", ShortNumber(Number(eval, "problems")), " × ", k, "<td>",
                    Percent(Number(eval, "accuracy")), "<td>",
                    Percent(Number(eval, "majority_accuracy")), "<td>",
                    Percent(Number(eval, "pass_at_k")), "<td>",
                    absl::StrFormat("%.1f<td>%.1f<td>", Number(eval, "mean_response_tokens"),
                                    Number(eval, "mean_finished_response_tokens")),
                    Percent(Number(eval, "truncated_fraction")));
  }
  return absl::StrCat(
      "<section><h2>Evaluations</h2><p class=lead>Held-out problems. Accuracy is the mean over all "
      "samples; "
      "majority takes each problem's most frequent answer; pass@k counts problems that any of the "
      "k samples "
      "solves.</p><div class=scroll><table><tr><th>stage<th>step<th>problems × "
      "samples<th>accuracy<th>majority"
      "<th>pass@k<th>tokens<th>tokens, finished<th>truncated",
      rows, "</table></div></section>\n");
}

// "1.91 of 2", or a dash where nobody measured it.
std::string CoresBusy(const Json& processes, const std::string& stage) {
  if (processes.is_object()) {
    for (const Json& usage : processes.value("stages", Json::array())) {
      if (Text(usage, "name") != stage) continue;
      return absl::StrFormat("%.2f of %.0f", Number(usage, "cores_busy"),
                             Number(processes, "cores"));
    }
  }
  return "–";
}

std::string Restarts(const Json& processes) {
  std::string list;
  if (processes.is_object()) {
    const Json restarts = processes.value("restarts", Json::object());
    for (const auto& [name, count] : restarts.items()) {
      absl::StrAppend(&list, list.empty() ? "" : ", ", Escape(name), " ", count.get<int>(),
                      " times");
    }
  }
  return absl::StrCat("Processes that died and were started again: ", list.empty() ? "none" : list,
                      ".");
}

std::string Accounts(const RunRecord& record) {
  const Json groups = record.summary.value("groups", Json::object());
  std::string heads, cells;
  for (const char* key : {"issued", "consumed", "evaluated", "written", "dropped", "in_flight"}) {
    absl::StrAppend(&heads, "<th>", key);
    absl::StrAppend(&cells, "<td>", ShortNumber(Number(groups, key)));
  }
  std::string stages;
  for (const Json& stage : record.summary.value("stages", Json::array())) {
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
      stages, "</table></div><p class=lead>", Restarts(record.processes), " Final policy: version ",
      ShortNumber(Number(policy, "version")), ", digest <code>", Escape(Text(policy, "digest")),
      "</code></p></section>\n");
}

}  // namespace

absl::Status WriteReport(const std::string& run_dir) {
  GYRE_ASSIGN_OR_RETURN(RunRecord record, ReadRunRecord(run_dir));
  const std::string title = Escape(record.name);
  const std::string page = absl::StrCat(
      "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport "
      "content=\"width=device-width,initial-scale=1\"><title>",
      title, " · Gyre</title><style>", kPageStyle, "</style><main><h1>", title,
      "</h1><p class=sub>A language model, trained by rewards alone to search for an answer. "
      "Move over a curve for its values.</p>",
      Tiles(record), RenderCurves(record), RenderTranscripts(record), EvalTable(record),
      Accounts(record), "<details><summary>The run's spec</summary><pre>", Escape(record.spec),
      "</pre></details><footer>Made by <code>gyre report</code> from metrics.jsonl, samples.jsonl "
      "and "
      "summary.json beside this file.</footer></main><script>",
      kPageScript, "</script></html>\n");
  return base::WriteFileAtomically(run_dir + "/report.html", page);
}

}  // namespace gyre::cli
