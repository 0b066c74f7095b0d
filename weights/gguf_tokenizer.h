// What a GGUF file says of its tokenizer (keys tokenizer.ggml.* and tokenizer.chat_template), as
// plain values for text/, which knows nothing of files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "weights/gguf_metadata.h"

namespace gyre::weights {

struct GgufTokenizer {
  std::string model;                // "gpt2": byte-level BPE
  std::string pre;                  // of the pre-tokenizer: "llama-bpe", "qwen2", "smollm" …
  std::vector<std::string> tokens;  // in order of id
  // Of each token: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte. Empty: all are
  // normal.
  std::vector<int32_t> token_types;
  std::vector<std::string> merges;  // "a b", the first merged first
  std::optional<int32_t> bos_token_id;
  std::optional<int32_t> eos_token_id;  // of the text
  std::optional<int32_t> eot_token_id;  // of a turn
  std::optional<int32_t> eom_token_id;  // of a message
  std::optional<int32_t> padding_token_id;
  std::optional<bool> add_bos_token;
  std::optional<bool> add_eos_token;
  std::string chat_template;  // Jinja; empty: none
};

// INVALID_ARGUMENT names the key: it is missing (model, tokens), of another type, or an id or a
// number of types that does not fit the tokens.
absl::StatusOr<GgufTokenizer> ReadGgufTokenizer(const GgufMetadata& metadata);

}  // namespace gyre::weights
