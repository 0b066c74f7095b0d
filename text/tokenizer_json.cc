#include "text/tokenizer_json.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/json_object.h"
#include "base/status_macros.h"
#include "text/component_json.h"
#include "text/json_fields.h"
#include "text/model_json.h"

namespace gyre::text {
namespace {

using nlohmann::json;

// An added token may stand in the vocabulary, too, with the same id; it may not take another
// token's id.
absl::Status CheckIds(const AddedTokens& added_tokens, const TokenModel& model) {
  for (const AddedToken& token : added_tokens.tokens()) {
    std::string_view same_id = model.IdToToken(token.id);
    std::optional<int32_t> same_text = model.TokenToId(token.content);
    if ((!same_id.empty() && same_id != token.content) ||
        same_text.value_or(token.id) != token.id) {
      return WrongField("added_tokens", absl::StrCat("\"", token.content, "\" with id ", token.id,
                                                     " contradicts the model's vocabulary"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TokenizerPipeline> ParseTokenizerJson(std::string_view text) {
  GYRE_ASSIGN_OR_RETURN(const json root, base::ParseJsonObject(text));
  GYRE_ASSIGN_OR_RETURN(std::unique_ptr<Normalizer> normalizer,
                        ParseNormalizer(base::FindField(root, "normalizer")));
  GYRE_ASSIGN_OR_RETURN(AddedTokens added_tokens,
                        ParseAddedTokens(base::FindField(root, "added_tokens"), normalizer.get()));
  GYRE_ASSIGN_OR_RETURN(ParsedPreTokenizer pre_tokenizer,
                        ParsePreTokenizer(base::FindField(root, "pre_tokenizer")));
  GYRE_ASSIGN_OR_RETURN(std::unique_ptr<TokenModel> model,
                        ParseModel(base::FindField(root, "model"), pre_tokenizer.byte_level));
  GYRE_RETURN_IF_ERROR(CheckIds(added_tokens, *model));
  GYRE_ASSIGN_OR_RETURN(FrameTokens frame_tokens,
                        ParsePostProcessor(base::FindField(root, "post_processor")));
  GYRE_ASSIGN_OR_RETURN(std::unique_ptr<TokenDecoder> decoder,
                        ParseDecoder(base::FindField(root, "decoder")));
  return TokenizerPipeline{
      std::move(normalizer), std::move(added_tokens), std::move(pre_tokenizer.pre_tokenizer),
      std::move(model),      std::move(frame_tokens), std::move(decoder)};
}

}  // namespace gyre::text
