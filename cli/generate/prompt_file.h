#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "text/tokenizer.h"

namespace gyre::cli {

// A prompt and where it stands.
struct FilePrompt {
  uint64_t line = 0;  // from 1 on
  std::vector<int32_t> tokens;
};

// The prompts of a JSON Lines file: each line an object with either "prompt", a text, or
// "prompt_tokens", ids; other keys are ignored, blank lines skipped. INVALID_ARGUMENT names the
// first line that is wrong, by number, and how many more are. Without a tokenizer (null) prompts
// are ids.
absl::StatusOr<std::vector<FilePrompt>> ReadPrompts(const std::string& path,
                                                    const text::Tokenizer* tokenizer);

}  // namespace gyre::cli
