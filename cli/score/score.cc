#include "cli/score/score.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/file_writer.h"
#include "base/status_macros.h"
#include "base/thread_team.h"
#include "cli/score/token_line.h"
#include "model/load_network.h"
#include "model/network.h"
#include "model/sequence_batch.h"
#include "weights/stored_model.h"

namespace gyre::cli {
namespace {

// Scores and writes lines, a batch at a time.
class Scorer {
 public:
  Scorer(const model::PackedNetwork& network, const ScoreOptions& options, base::FileWriter file)
      : network_(network),
        options_(options),
        batch_(network.kv_layout()),
        team_(options.threads),
        file_(std::move(file)) {}

  // Runs the batch first if the line does not fit into it.
  absl::Status Add(TokenLine line) {
    const auto rows = static_cast<int64_t>(line.tokens.size()) - 1;
    if (!lines_.empty() && num_rows_ + rows > options_.batch_rows) GYRE_RETURN_IF_ERROR(Run());
    num_rows_ += rows;
    lines_.push_back(std::move(line));
    return absl::OkStatus();
  }

  // What has been added; then the batch is empty.
  absl::Status Run() {
    const std::vector<float> log_probs = LogProbs();
    const float* next = log_probs.data();
    for (const TokenLine& line : lines_) {
      GYRE_RETURN_IF_ERROR(file_.Append(ScoredLine(line, next)));
      next += line.tokens.size() - 1;
      result_.tokens += static_cast<int64_t>(line.tokens.size());
    }
    result_.sequences += static_cast<int64_t>(lines_.size());
    result_.sum_logprob = std::accumulate(log_probs.begin(), log_probs.end(), result_.sum_logprob);
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start_;
    result_.seconds = passed.count();
    lines_.clear();
    num_rows_ = 0;
    return absl::OkStatus();
  }

  absl::Status Commit() { return file_.Commit(); }
  const ScoreResult& result() const { return result_; }

 private:
  // Of all tokens but each line's first, line after line.
  std::vector<float> LogProbs() {
    batch_.Clear();
    std::vector<int32_t> positions;
    for (const TokenLine& line : lines_) {
      positions.resize(line.tokens.size() - 1);
      std::iota(positions.begin(), positions.end(), 1);
      if (!positions.empty()) batch_.Add(line.tokens, positions);
    }
    batch_.Finish();
    std::vector<float> log_probs(static_cast<size_t>(batch_.num_targets()));
    if (log_probs.empty()) return log_probs;
    hidden_.Reserve(batch_.num_rows() * network_.config().hidden_size);
    // The sequences are whole: one layer's cache serves all layers in turn.
    network_.Forward(batch_.rows(), /*layer_stride=*/0, scratch_, hidden_.data());
    network_.LogProbs(hidden_.data(), batch_.target_rows(), batch_.targets(),
                      1.0f / options_.temperature, scratch_, {.log_probs = log_probs.data()});
    return log_probs;
  }

  const model::PackedNetwork& network_;
  const ScoreOptions& options_;
  model::SequenceBatch batch_;
  base::ThreadTeam team_;
  model::ForwardScratch scratch_{&team_};
  model::FloatBuffer hidden_;
  base::FileWriter file_;
  std::vector<TokenLine> lines_;
  int64_t num_rows_ = 0;
  ScoreResult result_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

absl::StatusOr<ScoreResult> Score(const ScoreOptions& options,
                                  absl::FunctionRef<void(const ScoreResult&)> progress) {
  GYRE_ASSIGN_OR_RETURN(const std::string text, base::ReadFile(options.in));
  // Before the work, so that a file that cannot be written costs nobody hours.
  GYRE_ASSIGN_OR_RETURN(base::FileWriter file, base::FileWriter::Create(options.out));
  GYRE_ASSIGN_OR_RETURN(const std::unique_ptr<weights::StoredModel> stored,
                        weights::OpenModel(options.model));
  GYRE_ASSIGN_OR_RETURN(const model::PackedNetwork network, model::LoadNetwork(*stored));
  Scorer scorer(network, options, std::move(file));
  std::string_view rest = text;
  for (size_t number = 1; !rest.empty(); ++number) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line_text = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line_text.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    absl::StatusOr<TokenLine> line = ParseTokenLine(line_text, network.config());
    if (!line.ok()) {
      return absl::Status(line.status().code(),
                          absl::StrCat(options.in, ":", number, ": ", line.status().message()));
    }
    const int64_t done = scorer.result().sequences;
    GYRE_RETURN_IF_ERROR(scorer.Add(*std::move(line)));
    if (scorer.result().sequences > done) progress(scorer.result());
  }
  GYRE_RETURN_IF_ERROR(scorer.Run());
  progress(scorer.result());
  GYRE_RETURN_IF_ERROR(scorer.Commit());
  return scorer.result();
}

}  // namespace gyre::cli
