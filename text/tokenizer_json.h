#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "text/added_tokens.h"
#include "text/normalizer.h"
#include "text/pre_tokenizer.h"
#include "text/token_decoder.h"
#include "text/token_model.h"
#include "text/tokenizer.h"

namespace gyre::text {

// The components that a tokenizer.json names, in the order in which text passes them. One class a
// component; a new one is a class and a line in component_json.cc or model_json.cc.
struct TokenizerPipeline {
  std::unique_ptr<Normalizer> normalizer;  // nullptr: text stays as it is
  AddedTokens added_tokens;
  std::unique_ptr<PreTokenizer>
      pre_tokenizer;  // nullptr: what lies between added tokens is one piece
  std::unique_ptr<TokenModel> model;
  FrameTokens frame_tokens;
  std::unique_ptr<TokenDecoder> decoder;
};

// Reads a tokenizer.json (HF tokenizers' format 1.0); docs/formats.md lists the components that are
// known. UNIMPLEMENTED names any other component or option; INVALID_ARGUMENT names the field that
// is wrong. `truncation` and `padding` are not read: text is never cut or padded here.
absl::StatusOr<TokenizerPipeline> ParseTokenizerJson(std::string_view json);

}  // namespace gyre::text
