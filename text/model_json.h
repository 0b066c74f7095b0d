#pragma once

#include <memory>
#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "text/token_model.h"

namespace gyre::text {

// The `model` of a tokenizer.json (nullptr: it has none): WordLevel, or BPE where the pre-tokenizer
// makes bytes of the text (`byte_level`). Errors are those of ParseTokenizerJson.
absl::StatusOr<std::unique_ptr<TokenModel>> ParseModel(const nlohmann::json* value,
                                                       bool byte_level);

}  // namespace gyre::text
