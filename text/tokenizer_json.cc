#include "text/tokenizer_json.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "text/fuse_decoder.h"
#include "text/split_pre_tokenizer.h"
#include "text/word_level_model.h"

namespace gyre::text {
namespace {

using nlohmann::json;

absl::Status Wrong(const std::string& where, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(where, ": ", what));
}

absl::Status Unsupported(const std::string& where, const std::string& what) {
  return absl::UnimplementedError(absl::StrCat(where, ": ", what, " is not supported"));
}

// The value of `key`; nullptr if it is absent or null.
const json* Find(const json& object, const char* key) {
  auto entry = object.find(key);
  return entry == object.end() || entry->is_null() ? nullptr : &*entry;
}

absl::StatusOr<std::string> String(const json& object, const char* key, const std::string& where) {
  const json* value = Find(object, key);
  if (value == nullptr || !value->is_string()) {
    return Wrong(where, absl::StrCat("\"", key, "\" must be a string"));
  }
  return value->get<std::string>();
}

absl::StatusOr<bool> BoolOr(const json& object, const char* key, bool otherwise,
                            const std::string& where) {
  const json* value = Find(object, key);
  if (value == nullptr) return otherwise;
  if (!value->is_boolean())
    return Wrong(where, absl::StrCat("\"", key, "\" must be true or false"));
  return value->get<bool>();
}

absl::StatusOr<int32_t> TokenId(const json& value, const std::string& where) {
  if (!value.is_number_unsigned() ||
      value.get<uint64_t>() >= uint64_t{std::numeric_limits<int32_t>::max()}) {
    return Wrong(where, "an id must be a whole number from 0 to 2147483646");
  }
  return static_cast<int32_t>(value.get<uint64_t>());
}

// The "type" of the component at `key`; empty if there is no component.
absl::StatusOr<std::string> ComponentType(const json& root, const char* key) {
  const json* component = Find(root, key);
  if (component == nullptr) return std::string();
  if (!component->is_object()) return Wrong(key, "must be an object");
  return String(*component, "type", key);
}

absl::StatusOr<AddedTokens> ParseAddedTokens(const json& root) {
  const json* list = Find(root, "added_tokens");
  std::vector<AddedToken> tokens;
  if (list == nullptr) return AddedTokens::Create(std::move(tokens));
  if (!list->is_array()) return Wrong("added_tokens", "must be a list");
  for (size_t i = 0; i < list->size(); ++i) {
    const json& entry = (*list)[i];
    const std::string where = absl::StrCat("added_tokens[", i, "]");
    if (!entry.is_object()) return Wrong(where, "must be an object");
    AddedToken token;
    GYRE_ASSIGN_OR_RETURN(token.content, String(entry, "content", where));
    const json* id = Find(entry, "id");
    if (id == nullptr) return Wrong(where, "has no id");
    GYRE_ASSIGN_OR_RETURN(token.id, TokenId(*id, where));
    GYRE_ASSIGN_OR_RETURN(token.special, BoolOr(entry, "special", false, where));
    GYRE_ASSIGN_OR_RETURN(token.normalized, BoolOr(entry, "normalized", !token.special, where));
    for (const char* option : {"single_word", "lstrip", "rstrip"}) {
      GYRE_ASSIGN_OR_RETURN(bool set, BoolOr(entry, option, false, where));
      if (set) return Unsupported(where, absl::StrCat("\"", option, "\": true"));
    }
    tokens.push_back(std::move(token));
  }
  return AddedTokens::Create(std::move(tokens));
}

absl::StatusOr<std::unique_ptr<PreTokenizer>> ParsePreTokenizer(const json& root) {
  constexpr char kWhere[] = "pre_tokenizer";
  GYRE_ASSIGN_OR_RETURN(std::string type, ComponentType(root, kWhere));
  if (type.empty()) return nullptr;
  if (type != "Split") return Unsupported(kWhere, type);
  const json& split = root[kWhere];
  GYRE_ASSIGN_OR_RETURN(std::string behavior, String(split, "behavior", kWhere));
  if (behavior != "Isolated") return Unsupported(kWhere, absl::StrCat("behavior ", behavior));
  GYRE_ASSIGN_OR_RETURN(bool invert, BoolOr(split, "invert", false, kWhere));
  if (invert) return Unsupported(kWhere, "\"invert\": true");
  const json* pattern = Find(split, "pattern");
  if (pattern == nullptr || !pattern->is_object() || pattern->size() != 1) {
    return Wrong(kWhere, "\"pattern\" must be {\"Regex\": …}");
  }
  if (!pattern->contains("Regex")) {
    return Unsupported(kWhere, absl::StrCat("pattern ", pattern->begin().key()));
  }
  GYRE_ASSIGN_OR_RETURN(std::string expression, String(*pattern, "Regex", kWhere));
  absl::StatusOr<Regex> regex = Regex::Compile(expression);
  if (!regex.ok()) return Wrong(kWhere, std::string(regex.status().message()));
  return std::make_unique<SplitPreTokenizer>(*std::move(regex));
}

absl::StatusOr<std::unique_ptr<TokenModel>> ParseWordLevel(const json& model) {
  const json* vocabulary = Find(model, "vocab");
  if (vocabulary == nullptr || !vocabulary->is_object()) {
    return Wrong("model", "\"vocab\" must be an object");
  }
  TokenMap<int32_t> token_to_id;
  for (const auto& [token, id] : vocabulary->items()) {
    GYRE_ASSIGN_OR_RETURN(int32_t value, TokenId(id, "model.vocab"));
    token_to_id.emplace(token, value);
  }
  std::string unknown_token;
  if (Find(model, "unk_token") != nullptr) {
    GYRE_ASSIGN_OR_RETURN(unknown_token, String(model, "unk_token", "model"));
  }
  absl::StatusOr<WordLevelModel> word_level =
      WordLevelModel::Create(std::move(token_to_id), unknown_token);
  if (!word_level.ok()) return Wrong("model", std::string(word_level.status().message()));
  return std::make_unique<WordLevelModel>(*std::move(word_level));
}

// An added token may stand in the vocabulary, too, with the same id; it may not take another
// token's id.
absl::Status CheckIds(const AddedTokens& added_tokens, const TokenModel& model) {
  for (const AddedToken& token : added_tokens.tokens()) {
    std::string_view same_id = model.IdToToken(token.id);
    std::optional<int32_t> same_text = model.TokenToId(token.content);
    if ((!same_id.empty() && same_id != token.content) ||
        same_text.value_or(token.id) != token.id) {
      return Wrong("added_tokens", absl::StrCat("\"", token.content, "\" with id ", token.id,
                                                " contradicts the model's vocabulary"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TokenizerPipeline> ParseTokenizerJson(std::string_view text) {
  const json root = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (root.is_discarded()) return absl::InvalidArgumentError("is not valid JSON");
  if (!root.is_object()) return absl::InvalidArgumentError("must be a JSON object");
  for (const char* key : {"normalizer", "post_processor"}) {
    GYRE_ASSIGN_OR_RETURN(std::string type, ComponentType(root, key));
    if (!type.empty()) return Unsupported(key, type);
  }
  GYRE_ASSIGN_OR_RETURN(AddedTokens added_tokens, ParseAddedTokens(root));
  GYRE_ASSIGN_OR_RETURN(std::unique_ptr<PreTokenizer> pre_tokenizer, ParsePreTokenizer(root));

  GYRE_ASSIGN_OR_RETURN(std::string model_type, ComponentType(root, "model"));
  if (model_type.empty()) return Wrong("model", "is missing");
  if (model_type != "WordLevel") return Unsupported("model", model_type);
  GYRE_ASSIGN_OR_RETURN(std::unique_ptr<TokenModel> model, ParseWordLevel(root["model"]));
  GYRE_RETURN_IF_ERROR(CheckIds(added_tokens, *model));

  GYRE_ASSIGN_OR_RETURN(std::string decoder_type, ComponentType(root, "decoder"));
  if (decoder_type.empty()) return Unsupported("decoder", "none");
  if (decoder_type != "Fuse") return Unsupported("decoder", decoder_type);
  return TokenizerPipeline{std::move(added_tokens), std::move(pre_tokenizer), std::move(model),
                           std::make_unique<FuseDecoder>()};
}

}  // namespace gyre::text
