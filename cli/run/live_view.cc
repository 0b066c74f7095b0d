#include "cli/run/live_view.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/run/amounts.h"

namespace gyre::cli {
namespace {

constexpr int kLabelColumns = 12;
constexpr int kValueColumns = 34;
constexpr int kMaximumSparkline = 60;
constexpr std::size_t kSmoothedSteps = 3;

StyledLine Header(const RunProgress& progress) {
  const GetStatusReply& status = progress.status();
  StyledLine line(progress.spec().name(), Style::kBold);
  if (progress.stage_index() < 0) return line.Add("  starting", Style::kDim);
  line.Add(absl::StrCat("  stage ", progress.stage_index() + 1, "/", progress.spec().stage_size(),
                        " "))
      .Add(status.stage(), Style::kBold)
      .Add(absl::StrCat("  step ", status.stage_step(), "/", status.stage_steps(), "  version ",
                        status.version()))
      .Add(absl::StrCat("  ", Clock(absl::Seconds(status.wall_seconds()))), Style::kDim);
  if (const auto left = progress.StageTimeLeft(); left && status.stage_step() > 0) {
    line.Add(absl::StrCat("  stage ends in about ", Clock(*left)), Style::kDim);
  }
  return line;
}

StyledLine Bar(const RunProgress& progress, int columns) {
  const GetStatusReply& status = progress.status();
  const int width = std::clamp(columns, 10, kValueColumns + kMaximumSparkline);
  const double done = status.stage_steps() == 0
                          ? 0
                          : static_cast<double>(status.stage_step()) / status.stage_steps();
  const int filled = std::clamp(static_cast<int>(std::lround(done * width)), 0, width);
  std::string full, rest;
  for (int i = 0; i < width; ++i) absl::StrAppend(i < filled ? &full : &rest, "━");
  return StyledLine(full, Style::kAccent).Add(rest, Style::kDim);
}

// "label  value     ▁▂▃▅"
StyledLine Row(const std::string& label, const std::string& value,
               const std::vector<double>& course, int columns) {
  StyledLine line(label, Style::kDim);
  line.PadTo(kLabelColumns).Add(value).PadTo(kValueColumns);
  const int room = std::min(columns - line.width(), kMaximumSparkline);
  if (room > 8) line.Add(Sparkline(course, room), Style::kAccent);
  return line;
}

std::vector<double> Course(const RunProgress& progress, double (StepMetrics::*number)() const) {
  std::vector<double> values;
  for (const StepMetrics& step : progress.history()) values.push_back((step.*number)());
  return values;
}

void AddRlRows(const RunProgress& progress, int columns, std::vector<StyledLine>& lines) {
  const auto mean = [&](double (StepMetrics::*number)() const) {
    return progress.Mean(number, kSmoothedSteps);
  };
  lines.push_back(Row("reward", Fraction(mean(&StepMetrics::reward_mean)),
                      Course(progress, &StepMetrics::reward_mean), columns));
  lines.push_back(Row("accuracy", Fraction(mean(&StepMetrics::accuracy)),
                      Course(progress, &StepMetrics::accuracy), columns));
  lines.push_back(
      Row("response",
          absl::StrFormat("%.0f tokens, %s cut", mean(&StepMetrics::response_tokens_mean),
                          Percent(mean(&StepMetrics::truncated_fraction))),
          Course(progress, &StepMetrics::response_tokens_mean), columns));
  lines.push_back(Row("entropy", Fraction(mean(&StepMetrics::entropy)),
                      Course(progress, &StepMetrics::entropy), columns));
}

StyledLine RatesLine(const RunProgress& progress) {
  StyledLine line("pace", Style::kDim);
  line.PadTo(kLabelColumns);
  if (const auto tokens = progress.TokensPerSecond()) {
    line.Add(absl::StrCat(Grouped(static_cast<uint64_t>(*tokens)), " tokens/s"));
  }
  if (const auto seconds = progress.SecondsPerStep()) {
    line.Add(absl::StrFormat("  %.3g s a step:", *seconds), Style::kDim);
  }
  for (const auto& [phase, seconds] : progress.PhaseSeconds()) {
    if (seconds < 0.0005) continue;
    line.Add(absl::StrFormat("  %s %.2g", phase, seconds), Style::kDim);
  }
  return line;
}

StyledLine EvalLine(const GetStatusReply& status) {
  StyledLine line("evaluated", Style::kDim);
  line.PadTo(kLabelColumns);
  constexpr int kShown = 6;
  const int first = std::max(0, status.evals_size() - kShown);
  if (first > 0) line.Add("… ", Style::kDim);
  for (int i = first; i < status.evals_size(); ++i) {
    const EvalResult& eval = status.evals(i);
    line.Add(absl::StrCat(eval.stage(), " ", eval.step(), ": "), Style::kDim)
        .Add(Fraction(eval.accuracy()), Style::kGood)
        .Add(absl::StrFormat(" (%.0f)  ", eval.mean_response_tokens()), Style::kDim);
    if (eval.unscored_samples() > 0) {
      line.Add(absl::StrCat(Grouped(eval.unscored_samples()), " unscored  "), Style::kWarn);
    }
  }
  if (!status.evaluation().empty()) {
    line.Add(absl::StrCat("now ", status.evaluation()), Style::kWarn);
  }
  return line;
}

}  // namespace

std::string Sparkline(const std::vector<double>& values, int columns) {
  static constexpr absl::string_view kBlocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  if (values.empty() || columns <= 0) return "";
  // Each column is the mean of its share of the values; a gap if one of them is no number.
  const std::size_t count = std::min<std::size_t>(values.size(), columns);
  std::vector<double> means(count, 0);
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (std::size_t column = 0; column < count; ++column) {
    const std::size_t first = column * values.size() / count;
    const std::size_t end = (column + 1) * values.size() / count;
    for (std::size_t i = first; i < end; ++i) means[column] += values[i] / (end - first);
    if (!std::isfinite(means[column])) continue;
    low = std::min(low, means[column]);
    high = std::max(high, means[column]);
  }
  std::string line;
  for (const double mean : means) {
    const double height = high > low ? (mean - low) / (high - low) : 0;
    absl::StrAppend(&line, std::isfinite(mean) ? kBlocks[std::lround(height * 7)] : " ");
  }
  return line;
}

StyledLine DrawMember(const MemberStatus& member) {
  StyledLine line(" ");
  line.Add(member.name());
  line.PadTo(kLabelColumns + 2);
  if (member.silent_seconds() > 3) {
    return line.Add(absl::StrFormat("silent for %.0f s", member.silent_seconds()), Style::kWarn);
  }
  if (member.role() == ACTOR) {
    line.Add(absl::StrFormat("%3d sequences, %2d groups", member.sequences_running(),
                             member.leased_groups()));
    line.PadTo(kLabelColumns + 30);
  }
  const auto longest =
      std::max_element(member.waits().begin(), member.waits().end(),
                       [](const Wait& a, const Wait& b) { return a.seconds() < b.seconds(); });
  if (longest != member.waits().end()) {
    line.Add(absl::StrFormat("waits for %s, %.1f s", longest->what(), longest->seconds()),
             longest->seconds() > 10 ? Style::kWarn : Style::kDim);
  } else if (member.role() == LEARNER) {
    line.Add("computing", Style::kDim);
  }
  return line;
}

std::vector<StyledLine> DrawRun(const RunProgress& progress, absl::Duration silence, int columns) {
  const GetStatusReply& status = progress.status();
  std::vector<StyledLine> lines = {Header(progress), Bar(progress, columns)};
  if (progress.last() != nullptr) {
    if (progress.is_rl()) {
      AddRlRows(progress, columns, lines);
    } else {
      lines.push_back(Row("loss", Fraction(progress.Mean(&StepMetrics::loss, 20)),
                          Course(progress, &StepMetrics::loss), columns));
    }
    lines.push_back(RatesLine(progress));
  }
  if (status.evals_size() > 0 || !status.evaluation().empty()) lines.push_back(EvalLine(status));
  lines.emplace_back();
  StyledLine waiting("now", Style::kDim);
  waiting.PadTo(kLabelColumns);
  if (silence > absl::ZeroDuration()) {
    waiting.Add(absl::StrCat("the coordinator has not answered for ", Clock(silence)),
                Style::kWarn);
  } else if (progress.stage_index() < 0) {
    waiting.Add("waiting for the coordinator to answer");
  } else {
    waiting.Add(status.waiting_for().empty() ? ""
                                             : absl::StrCat("waiting for ", status.waiting_for()));
  }
  lines.push_back(waiting);
  if (!status.trouble().empty()) {
    StyledLine trouble("!", Style::kWarn);
    trouble.PadTo(kLabelColumns);
    lines.push_back(trouble.Add(status.trouble(), Style::kWarn));
  }
  for (const MemberStatus& member : status.members()) lines.push_back(DrawMember(member));
  return lines;
}

}  // namespace gyre::cli
