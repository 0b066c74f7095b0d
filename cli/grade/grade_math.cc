#include "cli/grade/grade_math.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/file.h"
#include "base/file_writer.h"
#include "base/status_macros.h"
#include "rewarder/math/grade.h"

namespace gyre::cli {
namespace {

using nlohmann::ordered_json;
using rewarder::math::Grade;
using rewarder::math::Preset;
using rewarder::math::Sameness;

absl::StatusOr<ordered_json> ParseGradeLine(std::string_view text) {
  ordered_json line = ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!line.is_object()) return absl::InvalidArgumentError("is not a JSON object");
  if (!line.contains("gold") || !line["gold"].is_string()) {
    return absl::InvalidArgumentError("needs \"gold\", a string");
  }
  const bool has_answer = line.contains("answer"), has_completion = line.contains("completion");
  if (has_answer == has_completion) {
    return absl::InvalidArgumentError("needs either \"answer\" or \"completion\"");
  }
  if (!line[has_answer ? "answer" : "completion"].is_string()) {
    return absl::InvalidArgumentError(
        absl::StrCat("has a \"", has_answer ? "answer" : "completion", "\" that is not a string"));
  }
  return line;
}

Grade GradeLine(const ordered_json& line, const Preset& preset) {
  const auto& gold = line["gold"].get_ref<const std::string&>();
  if (line.contains("answer")) {
    return GradeAnswer(gold, line["answer"].get_ref<const std::string&>(), preset);
  }
  return GradeCompletion(gold, line["completion"].get_ref<const std::string&>(), preset);
}

void Count(const Grade& grade, GradeMathResult& result) {
  result.unreadable_references += grade.is_reference_unreadable;
  // How the answer was found stands in front; what decided is what the table is about.
  const std::string rule = grade.is_reference_unreadable ? "reference cannot be read" : grade.rule;
  for (GradeCounts* counts : {&result.counts, &result.by_rule[rule]}) {
    switch (grade.sameness) {
      case Sameness::kEqual:
        ++counts->equal;
        break;
      case Sameness::kDifferent:
        ++counts->different;
        break;
      case Sameness::kUnknown:
        ++counts->unknown;
        break;
    }
  }
}

std::string GradedLine(ordered_json line, const Grade& grade, double microseconds) {
  if (grade.sameness == Sameness::kUnknown) {
    line["equal"] = nullptr;
  } else {
    line["equal"] = grade.sameness == Sameness::kEqual;
  }
  line["rule"] = grade.rule;
  line["microseconds"] = microseconds;
  return line.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

absl::StatusOr<GradeMathResult> GradeMath(
    const GradeMathOptions& options, absl::FunctionRef<void(const GradeMathResult&)> progress) {
  using Clock = std::chrono::steady_clock;
  const auto preset = rewarder::math::PresetNamed(options.preset);
  if (!preset)
    return absl::InvalidArgumentError(absl::StrCat("there is no preset \"", options.preset, "\""));
  GYRE_ASSIGN_OR_RETURN(const std::string text, base::ReadFile(options.in));
  GYRE_ASSIGN_OR_RETURN(base::FileWriter file, base::FileWriter::Create(options.out));
  GradeMathResult result;
  const auto start = Clock::now();
  std::string_view rest = text;
  for (size_t number = 1; !rest.empty(); ++number) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line_text = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line_text.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    auto line = ParseGradeLine(line_text);
    if (!line.ok()) {
      return absl::Status(line.status().code(),
                          absl::StrCat(options.in, ":", number, ": ", line.status().message()));
    }
    const auto begin = Clock::now();
    const Grade grade = GradeLine(*line, *preset);
    const std::chrono::duration<double, std::micro> took = Clock::now() - begin;
    Count(grade, result);
    result.slowest_microseconds = std::max(result.slowest_microseconds, took.count());
    result.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    GYRE_RETURN_IF_ERROR(file.Append(GradedLine(*std::move(line), grade, took.count())));
    constexpr int64_t kLinesBetweenProgress = 1000;
    if (result.counts.all() % kLinesBetweenProgress == 0) progress(result);
  }
  GYRE_RETURN_IF_ERROR(file.Commit());
  return result;
}

std::string GradeTable(const GradeMathResult& result) {
  std::vector<std::pair<std::string, GradeCounts>> rows(result.by_rule.begin(),
                                                        result.by_rule.end());
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.second.all() > b.second.all(); });
  rows.emplace_back("all", result.counts);
  size_t width = 4;
  for (const auto& [rule, counts] : rows) width = std::max(width, rule.size());
  const auto padding = static_cast<int>(width);
  std::string table =
      absl::StrFormat("%-*s %9s %9s %9s\n", padding, "rule", "equal", "different", "unknown");
  for (const auto& [rule, counts] : rows) {
    absl::StrAppendFormat(&table, "%-*s %9d %9d %9d\n", padding, rule, counts.equal,
                          counts.different, counts.unknown);
  }
  return table;
}

}  // namespace gyre::cli
