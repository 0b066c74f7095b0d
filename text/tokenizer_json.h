#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "text/added_tokens.h"
#include "text/pre_tokenizer.h"
#include "text/token_decoder.h"
#include "text/token_model.h"

namespace gyre::text {

// The components that a tokenizer.json names, in the order in which text passes them. One class a
// component; a new one is a class and a line in tokenizer_json.cc.
struct TokenizerPipeline {
  AddedTokens added_tokens;
  std::unique_ptr<PreTokenizer>
      pre_tokenizer;  // nullptr: what lies between added tokens is one piece
  std::unique_ptr<TokenModel> model;
  std::unique_ptr<TokenDecoder> decoder;
};

// Reads a tokenizer.json (HF tokenizers' format 1.0). Components: pre_tokenizer none or Split
// (Regex, Isolated); model WordLevel; decoder Fuse. UNIMPLEMENTED names any other component or
// option; INVALID_ARGUMENT names the field that is wrong. `truncation` and `padding` are not read:
// text is never cut or padded here.
absl::StatusOr<TokenizerPipeline> ParseTokenizerJson(std::string_view json);

}  // namespace gyre::text
