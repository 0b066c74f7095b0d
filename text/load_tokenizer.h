#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "text/tokenizer.h"
#include "text/tokenizer_files.h"

namespace gyre::text {

// The tokenizer of an HF folder. UNIMPLEMENTED, INVALID_ARGUMENT, NOT_FOUND name the file and what
// is wrong in it.
absl::StatusOr<std::unique_ptr<Tokenizer>> LoadTokenizer(const std::string& folder);

// The same from the files' contents. The end tokens are generation_config.json's eos_token_id (a
// number or a list) if it is there, otherwise tokenizer_config.json's eos_token; the begin token is
// tokenizer_config.json's bos_token.
absl::StatusOr<std::unique_ptr<Tokenizer>> TokenizerFromFiles(const TokenizerFiles& files);

}  // namespace gyre::text
