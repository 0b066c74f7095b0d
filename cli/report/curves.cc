#include "cli/report/curves.h"

#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/report/chart.h"
#include "cli/report/eval_change.h"

namespace gyre::cli {
namespace {

using Lines = std::vector<const nlohmann::json*>;
using Reader = std::function<double(const nlohmann::json&)>;

// A curve over the stage's steps; x is the number of steps done.
Series Curve(const Lines& lines, const std::string& name, const std::string& color,
             const Reader& read) {
  Series series{name, color, {}, {}};
  for (const nlohmann::json* line : lines) {
    series.x.push_back(Number(*line, "step") + 1);
    series.y.push_back(read(*line));
  }
  return series;
}

// What a line does not have is a gap, not 0.
Reader Key(const char* key) {
  return [key](const nlohmann::json& line) { return Number(line, key, std::nan("")); };
}

// The raw values, faint, behind their running mean.
void AddNoisy(Chart& chart, const Lines& lines, const std::string& name, const std::string& color,
              const Reader& read, int window = 5) {
  Series raw = Curve(lines, "", color, read);
  raw.faint = true;
  Series mean = Smoothed(raw, window);
  mean.name = name, mean.faint = false;
  chart.series.push_back(std::move(raw));
  chart.series.push_back(std::move(mean));
}

Series Evaluations(const RunRecord& record, const std::string& stage, const std::string& name,
                   const Reader& read) {
  Series series{
      absl::StrCat(name, EvalProblemsWord(record, stage), " problems"), "var(--orange)", {}, {}};
  series.dots = true;
  for (const nlohmann::json& eval : List(record.summary, "evals")) {
    if (Text(eval, "stage") != stage) continue;
    series.x.push_back(Number(eval, "step"));
    series.y.push_back(read(eval));
  }
  return series;
}

// Names that occur in a map-valued field of any line.
std::set<std::string> KeysOf(const Lines& lines, const char* field) {
  std::set<std::string> keys;
  for (const nlohmann::json* line : lines) {
    if (!line->contains(field)) continue;
    for (const auto& [key, value] : (*line)[field].items()) keys.insert(key);
  }
  return keys;
}

Reader Nested(const char* field, const std::string& key) {
  return [field, key](const nlohmann::json& line) {
    auto found = line.find(field);
    return found == line.end() ? 0 : Number(*found, key.c_str());
  };
}

// One a series of a chart.
const char* Color(int index) {
  static const char* const kColors[] = {"var(--blue)",   "var(--orange)", "var(--green)",
                                        "var(--violet)", "var(--yellow)", "var(--red)",
                                        "var(--grey)"};
  return kColors[index % 7];
}

std::string Phases(const Lines& lines) {
  Chart chart{.title = "Time of a step, by phase",
              .note = "As the learner sees it: \"wait\" is the actors' generation and scoring.",
              .unit = "seconds",
              .x_label = "step"};
  chart.stacked = true;
  int index = 0;
  for (const std::string& phase : KeysOf(lines, "step_seconds")) {
    chart.series.push_back(Curve(lines, phase, Color(index++), Nested("step_seconds", phase)));
  }
  return chart.series.empty() ? "" : RenderChart(chart);
}

std::string Simple(const Lines& lines, const std::string& title, const std::string& note,
                   const std::string& unit, const char* key, bool percent = false) {
  Chart chart{.title = title, .note = note, .unit = unit, .x_label = "step"};
  chart.percent = percent;
  AddNoisy(chart, lines, "", "var(--blue)", Key(key));
  return RenderChart(chart);
}

// What the spec says of the length of responses.
std::string LengthNote(const RunRecord& record, const std::string& stage) {
  for (const StageSpec& spec : record.spec.stage()) {
    if (spec.name() == stage && spec.rl().has_overlong()) return "Overlong responses lose reward.";
  }
  return "No reward asks for length: where it grows, trying longer pays.";
}

std::string RlCurves(const RunRecord& record, const std::string& stage, const Lines& lines) {
  Chart reward{
      .title = "Accuracy and reward",
      .note =
          "Share of right answers, and the whole reward. Faint: single steps; line: mean of five.",
      .x_label = "step"};
  reward.wide = true;
  AddNoisy(reward, lines, "reward, training", "var(--grey)", Key("reward_mean"));
  AddNoisy(reward, lines, "accuracy, training", "var(--blue)", Key("accuracy"));
  reward.series.push_back(Evaluations(record, stage, "accuracy, ", Key("accuracy")));

  Chart length{.title = "Response length",
               .note = LengthNote(record, stage),
               .unit = "tokens",
               .x_label = "step"};
  length.wide = true;
  AddNoisy(length, lines, "all, training", "var(--blue)", Key("response_tokens_mean"));
  AddNoisy(length, lines, "finished ones, training", "var(--green)",
           Key("finished_response_tokens_mean"));
  length.series.push_back(Evaluations(record, stage, "all, ", Key("mean_response_tokens")));

  Chart clip{.title = "Clipped tokens",
             .note = "Share of tokens whose ratio was clipped; 0 with one on-policy update a step.",
             .x_label = "step"};
  clip.percent = true;
  clip.series.push_back(Curve(lines, "low", "var(--blue)", Key("clip_fraction_low")));
  clip.series.push_back(Curve(lines, "high", "var(--orange)", Key("clip_fraction_high")));

  std::string html = absl::StrCat("<div class=charts>", RenderChart(reward), RenderChart(length),
                                  "</div><div class=charts>");
  absl::StrAppend(
      &html,
      Simple(lines, "Truncated responses", "Cut at the longest length allowed.", "",
             "truncated_fraction", /*percent=*/true),
      Simple(lines, "Groups without a gradient", "All samples had the same reward.", "",
             "zero_variance_groups_fraction", /*percent=*/true),
      Simple(lines, "Entropy", "Of the policy, mean over the trained tokens.", "nats", "entropy"),
      Simple(lines, "Gradient norm", "Before clipping.", "", "gradient_norm"), RenderChart(clip),
      Simple(lines, "Sampler against trainer", "Largest difference of a log-prob.", "nats",
             "logprob_difference_max"),
      Phases(lines));
  Chart errors{
      .title = "Samples without a score",
      .note = "A rule that fails gives an error, never a number; the sample is not trained on.",
      .unit = "samples",
      .x_label = "step"};
  int index = 0;
  for (const std::string& kind : KeysOf(lines, "outcome_errors")) {
    errors.series.push_back(Curve(lines, kind, Color(index++), Nested("outcome_errors", kind)));
  }
  if (!errors.series.empty()) absl::StrAppend(&html, RenderChart(errors));
  return html + "</div>";
}

std::string SftCurves(const Lines& lines) {
  Chart loss{
      .title = "Loss",
      .note = "Cross-entropy of the response tokens. Faint: single steps; line: mean of twenty.",
      .unit = "nats a token",
      .x_label = "step"};
  loss.wide = true;
  AddNoisy(loss, lines, "", "var(--blue)", Key("loss"), 20);
  Chart rate{.title = "Learning rate", .x_label = "step"};
  rate.series.push_back(Curve(lines, "", "var(--blue)", Key("learning_rate")));
  return absl::StrCat("<div class=charts>", RenderChart(loss), RenderChart(rate),
                      Simple(lines, "Gradient norm", "Before clipping.", "", "gradient_norm"),
                      Phases(lines), "</div>");
}

}  // namespace

std::string RenderCurves(const RunRecord& record) {
  std::vector<std::string> stages;
  std::map<std::string, Lines> lines_of;
  for (const nlohmann::json& line : record.metrics) {
    Lines& lines = lines_of[Text(line, "stage")];
    if (lines.empty()) stages.push_back(Text(line, "stage"));
    lines.push_back(&line);
  }
  // Reinforcement first: it is what the reader came for.
  std::string rl, sft;
  for (const std::string& stage : stages) {
    const Lines& lines = lines_of[stage];
    bool has_groups = false;
    for (const nlohmann::json* line : lines) has_groups |= Number(*line, "groups") > 0;
    const std::string name = Escape(stage);
    if (has_groups) {
      absl::StrAppend(&rl, "<section><h2>Reinforcement: stage ", name, "</h2>",
                      RlCurves(record, stage, lines), "</section>\n");
    } else {
      absl::StrAppend(&sft, "<section><h2>Imitation: stage ", name, "</h2>", SftCurves(lines),
                      "</section>\n");
    }
  }
  return rl + sft;
}

}  // namespace gyre::cli
