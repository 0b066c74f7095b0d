#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "base/digest.h"

namespace gyre::text {

// Name to contents of the files that make a tokenizer: always tokenizer.json, and where there are
// any, tokenizer_config.json, special_tokens_map.json, chat_template.jinja and
// generation_config.json (for its list of end tokens).
using TokenizerFiles = std::map<std::string, std::string>;

// Reads them from an HF folder. NOT_FOUND: there is no tokenizer.json.
absl::StatusOr<TokenizerFiles> ReadTokenizerFiles(const std::string& folder);

// The tokenizer_digest of proto/policy.proto: over each file in order of name, its name, a zero
// byte, its size as a little-endian u64, its bytes.
base::Sha256Digest TokenizerDigest(const TokenizerFiles& files);

}  // namespace gyre::text
