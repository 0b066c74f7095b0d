#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "absl/status/statusor.h"
#include "text/added_tokens.h"
#include "text/normalizer.h"
#include "text/pre_tokenizer.h"
#include "text/token_decoder.h"
#include "text/tokenizer.h"

namespace gyre::text {

// The components of a tokenizer.json, apart from its model. Each takes the component's value
// (nullptr: there is none); errors are those of ParseTokenizerJson.

// nullptr: there is none.
absl::StatusOr<std::unique_ptr<Normalizer>> ParseNormalizer(const nlohmann::json* value);

absl::StatusOr<AddedTokens> ParseAddedTokens(const nlohmann::json* value,
                                             const Normalizer* normalizer);

struct ParsedPreTokenizer {
  std::unique_ptr<PreTokenizer> pre_tokenizer;  // nullptr: there is none
  bool byte_level = false;  // pieces are bytes for the model, which ByteLevel makes them
};
absl::StatusOr<ParsedPreTokenizer> ParsePreTokenizer(const nlohmann::json* value);

absl::StatusOr<FrameTokens> ParsePostProcessor(const nlohmann::json* value);

absl::StatusOr<std::unique_ptr<TokenDecoder>> ParseDecoder(const nlohmann::json* value);

}  // namespace gyre::text
