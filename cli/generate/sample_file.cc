#include "cli/generate/sample_file.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "nlohmann/json.hpp"

namespace gyre::cli {

SampleFile::SampleFile(base::FileWriter writer, const std::vector<FilePrompt>& prompts,
                       int32_t samples, TextOf text_of)
    : writer_(std::move(writer)),
      prompts_(&prompts),
      samples_(static_cast<size_t>(samples)),
      text_of_(std::move(text_of)),
      lines_(prompts.size() * samples_) {}

absl::StatusOr<SampleFile> SampleFile::Create(const std::string& path,
                                              const std::vector<FilePrompt>& prompts,
                                              int32_t samples, TextOf text_of) {
  GYRE_ASSIGN_OR_RETURN(base::FileWriter writer, base::FileWriter::Create(path));
  return SampleFile(std::move(writer), prompts, samples, std::move(text_of));
}

std::string SampleFile::Line(const engine::FinishedSample& sample) const {
  nlohmann::ordered_json line = {{"prompt_index", sample.request_id},
                                 {"sample_index", sample.sample},
                                 {"prompt_tokens", (*prompts_)[sample.request_id].tokens},
                                 {"tokens", sample.tokens},
                                 {"logprobs", sample.log_probs},
                                 {"plain_logprobs", sample.plain_log_probs}};
  const std::optional<std::string> text = text_of_(sample);
  line["text"] = text.has_value() ? nlohmann::ordered_json(*text) : nlohmann::ordered_json();
  line["finish"] = FinishReason_Name(sample.finish_reason);
  return absl::StrCat(line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace),
                      "\n");
}

absl::Status SampleFile::Add(const engine::FinishedSample& sample) {
  lines_[sample.request_id * samples_ + static_cast<size_t>(sample.sample)] = Line(sample);
  for (; next_ < lines_.size() && !lines_[next_].empty(); ++next_) {
    GYRE_RETURN_IF_ERROR(writer_.Append(lines_[next_]));
    std::string().swap(lines_[next_]);
  }
  return absl::OkStatus();
}

absl::Status SampleFile::Commit() {
  GYRE_CHECK(next_ == lines_.size(), "a file of samples is finished when all are there");
  return writer_.Commit();
}

}  // namespace gyre::cli
