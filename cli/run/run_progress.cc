#include "cli/run/run_progress.h"

#include <algorithm>
#include <cmath>

namespace gyre::cli {
namespace {

constexpr double kRateSeconds = 15;

}  // namespace

void RunProgress::Update(const GetStatusReply& status,
                         const std::vector<StepMetrics>& new_metrics) {
  if (status.stage() != status_.stage()) history_.clear();
  status_ = status;
  for (const StepMetrics& line : new_metrics) {
    if (line.stage() != status_.stage()) continue;
    // A coordinator that restarted may send lines again.
    while (!history_.empty() && history_.back().step() >= line.step()) history_.pop_back();
    history_.push_back(line);
    if (history_.size() > kMaximumHistory) history_.pop_front();
  }
}

int RunProgress::stage_index() const {
  for (int i = 0; i < spec_.stage_size(); ++i) {
    if (spec_.stage(i).name() == status_.stage()) return i;
  }
  return -1;
}

bool RunProgress::is_rl() const {
  const int index = stage_index();
  return index >= 0 && spec_.stage(index).has_rl();
}

std::size_t RunProgress::FirstRecent() const {
  std::size_t first = history_.size();
  while (first > 0 &&
         (history_.size() - first < 2 ||
          history_.back().wall_seconds() - history_[first - 1].wall_seconds() < kRateSeconds)) {
    --first;
  }
  return first;
}

std::optional<double> RunProgress::SecondsPerStep() const {
  const std::size_t first = FirstRecent();
  if (history_.size() - first < 2) return std::nullopt;
  return (history_.back().wall_seconds() - history_[first].wall_seconds()) /
         static_cast<double>(history_.size() - first - 1);
}

std::optional<double> RunProgress::TokensPerSecond() const {
  const std::size_t first = FirstRecent();
  if (history_.size() - first < 2) return std::nullopt;
  const double seconds = history_.back().wall_seconds() - history_[first].wall_seconds();
  if (seconds <= 0) return std::nullopt;
  double tokens = 0;
  for (std::size_t i = first + 1; i < history_.size(); ++i) {
    tokens += static_cast<double>(is_rl() ? history_[i].tokens_generated()
                                          : history_[i].tokens_trained());
  }
  return tokens / seconds;
}

std::optional<absl::Duration> RunProgress::StageTimeLeft() const {
  const std::optional<double> seconds = SecondsPerStep();
  if (!seconds || status_.stage_step() > status_.stage_steps()) return std::nullopt;
  return absl::Seconds(*seconds * (status_.stage_steps() - status_.stage_step()));
}

std::map<std::string, double> RunProgress::PhaseSeconds() const {
  std::map<std::string, double> phases;
  const std::size_t first = FirstRecent();
  for (std::size_t i = first; i < history_.size(); ++i) {
    for (const auto& [phase, seconds] : history_[i].step_seconds()) {
      phases[phase] += seconds / static_cast<double>(history_.size() - first);
    }
  }
  return phases;
}

double RunProgress::Mean(double (StepMetrics::*number)() const, std::size_t steps) const {
  const std::size_t count = std::min(steps, history_.size());
  double sum = 0;
  double numbers = 0;
  for (std::size_t i = history_.size() - count; i < history_.size(); ++i) {
    const double value = (history_[i].*number)();
    if (std::isnan(value)) continue;
    sum += value;
    ++numbers;
  }
  return numbers > 0 ? sum / numbers : std::nan("");
}

uint64_t RunProgress::WorkDone() const {
  return static_cast<uint64_t>(status_.version()) + status_.groups().evaluated() +
         status_.groups().ready() + status_.groups().assigned() + status_.groups().consumed();
}

}  // namespace gyre::cli
