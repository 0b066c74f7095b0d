#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "text/tokenizer_files.h"

namespace gyre::text {

// What a GGUF file's metadata say of its tokenizer; the comments give the keys.
struct GgufTokenizer {
  std::string model;                 // tokenizer.ggml.model
  std::string pre;                   // tokenizer.ggml.pre
  std::vector<std::string> tokens;   // tokenizer.ggml.tokens; the index is the id
  std::vector<int32_t> token_types;  // tokenizer.ggml.token_type; empty: all are normal
  std::vector<std::string> merges;   // tokenizer.ggml.merges
  std::optional<int32_t> bos_token_id;
  // eos_token_id, which is the one that add_eos_token means, then those of a turn and a message.
  std::vector<int32_t> eos_token_ids;
  std::optional<int32_t> padding_token_id;
  std::optional<bool> add_bos_token;
  std::optional<bool> add_eos_token;
  std::string chat_template;  // tokenizer.chat_template; empty: none
};

// The same tokenizer as the files of an HF folder, which TokenizerFromFiles and
// ChatTemplateFromFiles read: so there is one way from a file to ids. Known are byte-level models
// ("gpt2") of the pre-tokenizers in docs/formats.md. UNIMPLEMENTED names another model,
// pre-tokenizer or token type; INVALID_ARGUMENT what is wrong.
absl::StatusOr<TokenizerFiles> TokenizerFilesFromGguf(const GgufTokenizer& gguf);

}  // namespace gyre::text
