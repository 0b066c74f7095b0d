#include "coordinator/exports.h"

#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/file_writer.h"
#include "base/status_macros.h"
#include "coordinator/export_lines.h"

namespace gyre::coordinator {
namespace {

std::string LineOf(const StepRow& row, const std::vector<bool>& stage_is_rl) {
  return MetricsLine(row.metrics, stage_is_rl[row.stage]) + "\n";
}

absl::Status RewriteMetrics(const std::string& path, const LedgerContents& contents,
                            const std::vector<bool>& stage_is_rl) {
  std::string lines;
  for (const StepRow& row : contents.steps) lines += LineOf(row, stage_is_rl);
  if (base::Exists(path)) {
    GYRE_ASSIGN_OR_RETURN(const std::string present, base::ReadFile(path));
    if (present == lines) return absl::OkStatus();
  }
  return base::WriteFileAtomically(path, lines);
}

// A file that is too long has lines which were never committed; one that is too short is written
// anew.
absl::Status RewriteSamples(const std::string& path, LedgerStore& store) {
  GYRE_ASSIGN_OR_RETURN(const uint64_t size_bytes, store.TranscriptBytes());
  GYRE_ASSIGN_OR_RETURN(base::AppendFile file, base::AppendFile::Open(path));
  if (file.SizeBytes() >= size_bytes) return file.Truncate(size_bytes);
  GYRE_ASSIGN_OR_RETURN(base::FileWriter writer, base::FileWriter::Create(path));
  GYRE_RETURN_IF_ERROR(
      store.ForEachTranscript([&](const std::string& line) { return writer.Append(line + "\n"); }));
  return writer.Commit();
}

}  // namespace

Exports::Exports(std::string run_dir, std::vector<bool> stage_is_rl, int64_t steps,
                 base::AppendFile metrics, base::AppendFile samples)
    : run_dir_(std::move(run_dir)),
      stage_is_rl_(std::move(stage_is_rl)),
      steps_(steps),
      metrics_(std::move(metrics)),
      samples_(std::move(samples)) {}

absl::StatusOr<std::unique_ptr<Exports>> Exports::Open(const std::string& run_dir,
                                                       const RunPlan& plan,
                                                       const LedgerContents& contents,
                                                       LedgerStore& store) {
  const std::string metrics_path = absl::StrCat(run_dir, "/metrics.jsonl");
  const std::string samples_path = absl::StrCat(run_dir, "/samples.jsonl");
  std::vector<bool> stage_is_rl;
  for (const StagePlan& stage : plan.stages) stage_is_rl.push_back(stage.is_rl);
  GYRE_RETURN_IF_ERROR(RewriteMetrics(metrics_path, contents, stage_is_rl));
  GYRE_RETURN_IF_ERROR(RewriteSamples(samples_path, store));
  GYRE_ASSIGN_OR_RETURN(base::AppendFile metrics, base::AppendFile::Open(metrics_path));
  GYRE_ASSIGN_OR_RETURN(base::AppendFile samples, base::AppendFile::Open(samples_path));
  return std::unique_ptr<Exports>(new Exports(run_dir, std::move(stage_is_rl),
                                              static_cast<int64_t>(contents.steps.size()),
                                              std::move(metrics), std::move(samples)));
}

absl::Status Exports::Append(const std::vector<LedgerRow>& rows) {
  std::string metrics;
  std::string samples;
  for (const LedgerRow& row : rows) {
    const auto* step = std::get_if<StepRow>(&row);
    // A replay may store a step again with another digest; its line stays.
    if (step != nullptr && step->version > steps_) {
      steps_ = step->version;
      metrics += LineOf(*step, stage_is_rl_);
    }
    if (const auto* transcript = std::get_if<TranscriptRow>(&row)) {
      samples += transcript->line + "\n";
    }
  }
  if (!metrics.empty()) GYRE_RETURN_IF_ERROR(metrics_.Append(metrics));
  return samples.empty() ? absl::OkStatus() : samples_.Append(samples);
}

absl::Status Exports::WriteSummary(const std::string& json) {
  return base::WriteFileAtomically(absl::StrCat(run_dir_, "/summary.json"), json);
}

}  // namespace gyre::coordinator
