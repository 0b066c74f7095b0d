#include "weights/gguf_tokenizer.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace gyre::weights {
namespace {

constexpr int64_t kLeastType = 1;
constexpr int64_t kMostType = 6;
constexpr char kTokens[] = "tokenizer.ggml.tokens";
constexpr char kTypes[] = "tokenizer.ggml.token_type";

absl::Status WrongValue(const std::string& key, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat("metadata \"", key, "\" ", what));
}

absl::StatusOr<std::optional<int32_t>> TokenIdOf(const GgufMetadata& metadata, const char* key,
                                                 size_t num_tokens) {
  GYRE_ASSIGN_OR_RETURN(const std::optional<int64_t> id, metadata.Integer(key));
  if (!id.has_value()) return std::nullopt;
  if (*id < 0 || *id >= static_cast<int64_t>(num_tokens) ||
      *id > std::numeric_limits<int32_t>::max()) {
    return WrongValue(key, absl::StrCat("is ", *id, ", but there are ", num_tokens, " tokens"));
  }
  return static_cast<int32_t>(*id);
}

absl::Status ReadTypes(const GgufMetadata& metadata, GgufTokenizer& tokenizer) {
  GYRE_ASSIGN_OR_RETURN(const std::vector<int64_t> types, metadata.Integers(kTypes));
  if (!types.empty() && types.size() != tokenizer.tokens.size()) {
    return WrongValue(kTypes, absl::StrCat("has ", types.size(), " entries, but there are ",
                                           tokenizer.tokens.size(), " tokens"));
  }
  for (const int64_t type : types) {
    if (type < kLeastType || type > kMostType) {
      return WrongValue(kTypes, absl::StrCat("has the unknown type ", type));
    }
    tokenizer.token_types.push_back(static_cast<int32_t>(type));
  }
  return absl::OkStatus();
}

absl::Status ReadSpecialTokens(const GgufMetadata& metadata, GgufTokenizer& tokenizer) {
  const std::pair<const char*, std::optional<int32_t>*> ids[] = {
      {"tokenizer.ggml.bos_token_id", &tokenizer.bos_token_id},
      {"tokenizer.ggml.eos_token_id", &tokenizer.eos_token_id},
      {"tokenizer.ggml.eot_token_id", &tokenizer.eot_token_id},
      {"tokenizer.ggml.eom_token_id", &tokenizer.eom_token_id},
      {"tokenizer.ggml.padding_token_id", &tokenizer.padding_token_id}};
  for (const auto& [key, id] : ids) {
    GYRE_ASSIGN_OR_RETURN(*id, TokenIdOf(metadata, key, tokenizer.tokens.size()));
  }
  GYRE_ASSIGN_OR_RETURN(tokenizer.add_bos_token, metadata.Bool("tokenizer.ggml.add_bos_token"));
  GYRE_ASSIGN_OR_RETURN(tokenizer.add_eos_token, metadata.Bool("tokenizer.ggml.add_eos_token"));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<GgufTokenizer> ReadGgufTokenizer(const GgufMetadata& metadata) {
  GgufTokenizer tokenizer;
  GYRE_ASSIGN_OR_RETURN(const std::optional<std::string> model,
                        metadata.String("tokenizer.ggml.model"));
  if (!model.has_value()) return WrongValue("tokenizer.ggml.model", "is missing");
  tokenizer.model = *model;
  GYRE_ASSIGN_OR_RETURN(const std::optional<std::string> pre,
                        metadata.String("tokenizer.ggml.pre"));
  tokenizer.pre = pre.value_or("");
  GYRE_ASSIGN_OR_RETURN(tokenizer.tokens, metadata.Strings(kTokens));
  if (tokenizer.tokens.empty()) return WrongValue(kTokens, "is missing or empty");
  GYRE_RETURN_IF_ERROR(ReadTypes(metadata, tokenizer));
  GYRE_ASSIGN_OR_RETURN(tokenizer.merges, metadata.Strings("tokenizer.ggml.merges"));
  GYRE_RETURN_IF_ERROR(ReadSpecialTokens(metadata, tokenizer));
  GYRE_ASSIGN_OR_RETURN(const std::optional<std::string> chat_template,
                        metadata.String("tokenizer.chat_template"));
  tokenizer.chat_template = chat_template.value_or("");
  return tokenizer;
}

}  // namespace gyre::weights
