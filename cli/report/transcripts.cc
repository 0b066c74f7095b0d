#include "cli/report/transcripts.h"

#include <algorithm>
#include <map>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/report/chart.h"
#include "cli/report/eval_change.h"

namespace gyre::cli {
namespace {

constexpr int kMostProblems = 8;

struct Pair {
  const nlohmann::json* before = nullptr;
  const nlohmann::json* after = nullptr;
};

// A response line by line; tries that say "yes" or "no" at their end are coloured.
std::string RenderText(const std::string& text) {
  std::string html;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    const char* mark = absl::EndsWith(line, " yes")  ? "yes"
                       : absl::EndsWith(line, " no") ? "no"
                                                     : "";
    absl::StrAppend(&html, "<span class=\"", mark, "\">", Escape(std::string(line)), "</span>\n");
  }
  return html;
}

std::optional<double> Accuracy(const nlohmann::json& sample) {
  for (const nlohmann::json& component : List(sample, "components")) {
    if (Text(component, "component") == "accuracy" && component.contains("value")) {
      return Number(component, "value");
    }
  }
  return std::nullopt;
}

std::string RenderSample(const nlohmann::json& sample, const char* when) {
  const std::optional<double> accuracy = Accuracy(sample);
  const bool right = accuracy.value_or(0) > 0.5;
  const char* verdict = !accuracy ? "not scored" : right ? "right" : "wrong";
  const bool cut = Text(sample, "finish_reason") == "length";
  return absl::StrCat("<div class=answer><header>", when, " <b class=\"", right ? "yes" : "no",
                      "\">", verdict, "</b> <small>", ShortNumber(Number(sample, "tokens")),
                      " tokens", cut ? ", cut" : "", "</small></header><pre>",
                      RenderText(Text(sample, "text")), "</pre></div>");
}

}  // namespace

std::string RenderTranscripts(const RunRecord& record) {
  std::string stage;
  double first = 0, last = 0;
  std::map<std::string, std::pair<double, double>> steps_of;
  for (const nlohmann::json& sample : record.samples) {
    if (Text(sample, "purpose") != "eval") continue;
    const double step = Number(sample, "step");
    const auto [place, is_new] = steps_of.emplace(Text(sample, "stage"), std::pair(step, step));
    auto& [least, most] = place->second;
    least = std::min(least, step), most = std::max(most, step);
    if (least == most) continue;
    stage = place->first, first = least, last = most;
  }
  if (stage.empty()) return "";

  std::map<std::string, Pair> pairs;
  std::vector<std::string> order;
  for (const nlohmann::json& sample : record.samples) {
    if (Text(sample, "purpose") != "eval" || Text(sample, "stage") != stage) continue;
    const std::string problem = Text(sample, "problem");
    Pair& pair = pairs[problem];
    if (Number(sample, "step") == first && !pair.before) {
      pair.before = &sample;
      order.push_back(problem);
    } else if (Number(sample, "step") == last && !pair.after) {
      pair.after = &sample;
    }
  }
  std::string html;
  int shown = 0;
  for (const std::string& problem : order) {
    const Pair& pair = pairs[problem];
    if (!pair.after || shown++ == kMostProblems) continue;
    absl::StrAppend(&html, "<article class=problem><h3><code>",
                    Escape(Text(*pair.before, "prompt")), "</code></h3><div class=pair>",
                    RenderSample(*pair.before, "before"), RenderSample(*pair.after, "after"),
                    "</div></article>\n");
  }
  if (html.empty()) return "";
  return absl::StrCat("<section><h2>The same problems, before and after</h2><p class=lead>",
                      EvalProblemsWord(record, stage) == "held-out"
                          ? "Held-out problems, which training never saw; "
                          : "Problems of the evaluation; ",
                      "one sample each: the first that was drawn, not the best.</p>", html,
                      "</section>\n");
}

}  // namespace gyre::cli
