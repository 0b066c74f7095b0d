#include "cli/report/run_record.h"

#include <cmath>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "google/protobuf/text_format.h"

namespace gyre::cli {
namespace {

absl::StatusOr<std::vector<nlohmann::json>> ReadLines(const std::string& path) {
  std::vector<nlohmann::json> lines;
  if (!base::Exists(path)) return lines;
  GYRE_ASSIGN_OR_RETURN(std::string content, base::ReadFile(path));
  size_t begin = 0;
  for (int number = 1;; ++number) {
    size_t end = content.find('\n', begin);
    if (end == std::string::npos) break;
    nlohmann::json line =
        nlohmann::json::parse(content.begin() + begin, content.begin() + end, nullptr, false);
    if (!line.is_object()) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ":", number, ": not a JSON object; the file is damaged"));
    }
    lines.push_back(std::move(line));
    begin = end + 1;
  }
  return lines;
}

}  // namespace

absl::StatusOr<RunRecord> ReadRunSummary(const std::string& run_dir) {
  RunRecord record;
  const std::string summary_path = run_dir + "/summary.json";
  if (!base::Exists(summary_path)) {
    return absl::NotFoundError(absl::StrCat(summary_path, ": no such file; ", run_dir,
                                            " is not a run directory or has not begun"));
  }
  GYRE_ASSIGN_OR_RETURN(std::string summary, base::ReadFile(summary_path));
  record.summary = nlohmann::json::parse(summary, nullptr, false);
  if (!record.summary.is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat(summary_path, ": not a JSON object; the file is damaged"));
  }
  if (base::Exists(run_dir + "/processes.json")) {
    GYRE_ASSIGN_OR_RETURN(std::string processes, base::ReadFile(run_dir + "/processes.json"));
    record.processes = nlohmann::json::parse(processes, nullptr, false);
  }
  return record;
}

absl::StatusOr<RunRecord> ReadRunRecord(const std::string& run_dir) {
  GYRE_ASSIGN_OR_RETURN(RunRecord record, ReadRunSummary(run_dir));
  GYRE_ASSIGN_OR_RETURN(record.metrics, ReadLines(run_dir + "/metrics.jsonl"));
  GYRE_ASSIGN_OR_RETURN(record.samples, ReadLines(run_dir + "/samples.jsonl"));
  const std::string spec_path = run_dir + "/spec.textproto";
  if (base::Exists(spec_path)) {
    GYRE_ASSIGN_OR_RETURN(record.spec_text, base::ReadFile(spec_path));
    google::protobuf::TextFormat::ParseFromString(record.spec_text, &record.spec);
    record.name = record.spec.name();
  }
  if (record.name.empty()) record.name = run_dir;
  return record;
}

std::string StatusOf(const RunRecord& record) {
  return FailureOf(record).empty() ? Text(record.summary, "status") : "failed";
}

std::string FailureOf(const RunRecord& record) {
  const std::string failure = Text(record.summary, "failure");
  return failure.empty() ? Text(record.processes, "failure") : failure;
}

double Number(const nlohmann::json& object, const char* key, double otherwise) {
  auto found = object.find(key);
  if (found == object.end()) return otherwise;
  if (found->is_null()) return std::nan("");
  if (found->is_number()) return found->get<double>();
  double value = otherwise;
  if (found->is_string() && !absl::SimpleAtod(found->get<std::string>(), &value)) return otherwise;
  return value;
}

uint64_t Count(const nlohmann::json& object, const char* key) {
  const double value = Number(object, key);
  return value >= 0 && value < 1e18 ? static_cast<uint64_t>(value) : 0;
}

const nlohmann::json& List(const nlohmann::json& object, const char* key) {
  static const auto& kNone = *new nlohmann::json(nlohmann::json::array());
  const auto found = object.find(key);
  return found != object.end() && found->is_array() ? *found : kNone;
}

std::string Text(const nlohmann::json& object, const char* key) {
  auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace gyre::cli
