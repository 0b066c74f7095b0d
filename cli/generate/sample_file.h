#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/file_writer.h"
#include "cli/generate/prompt_file.h"
#include "engine/generation_request.h"

namespace gyre::cli {

// Writes samples prompt by prompt, each prompt's in their order, though they end in any: a line is
// held back until those before it are there. The file appears with Commit.
class SampleFile {
 public:
  // The text of a sample; nothing is "text": null.
  using TextOf = std::function<std::optional<std::string>(const engine::FinishedSample&)>;

  // `prompts` is borrowed. Request i is prompt i.
  static absl::StatusOr<SampleFile> Create(const std::string& path,
                                           const std::vector<FilePrompt>& prompts, int32_t samples,
                                           TextOf text_of);

  absl::Status Add(const engine::FinishedSample& sample);
  // All samples are there.
  absl::Status Commit();

 private:
  SampleFile(base::FileWriter writer, const std::vector<FilePrompt>& prompts, int32_t samples,
             TextOf text_of);
  std::string Line(const engine::FinishedSample& sample) const;

  base::FileWriter writer_;
  const std::vector<FilePrompt>* prompts_;
  size_t samples_;
  TextOf text_of_;
  std::vector<std::string> lines_;  // [prompts · samples], of those that are not written
  size_t next_ = 0;
};

}  // namespace gyre::cli
