#include "text/model_json.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/json_object.h"
#include "base/status_macros.h"
#include "text/bpe_model.h"
#include "text/json_fields.h"
#include "text/vocabulary.h"
#include "text/word_level_model.h"

namespace gyre::text {
namespace {

using nlohmann::json;
using StringPair = std::pair<std::string, std::string>;

constexpr char kModel[] = "model";

absl::StatusOr<Vocabulary> ParseVocabulary(const json& model) {
  const json* tokens = base::FindField(model, "vocab");
  if (tokens == nullptr || !tokens->is_object()) {
    return WrongField(kModel, "\"vocab\" must be an object");
  }
  TokenMap<int32_t> token_to_id;
  token_to_id.reserve(tokens->size());
  for (const auto& [token, id] : tokens->items()) {
    GYRE_ASSIGN_OR_RETURN(int32_t value, TokenId(id, "model.vocab"));
    token_to_id.emplace(token, value);
  }
  absl::StatusOr<Vocabulary> vocabulary = Vocabulary::Create(std::move(token_to_id));
  if (!vocabulary.ok()) return WrongField(kModel, std::string(vocabulary.status().message()));
  return vocabulary;
}

absl::StatusOr<std::unique_ptr<TokenModel>> ParseWordLevel(const json& model) {
  GYRE_RETURN_IF_ERROR(CheckKeys(model, {"type", "vocab", "unk_token"}, kModel));
  GYRE_ASSIGN_OR_RETURN(Vocabulary vocabulary, ParseVocabulary(model));
  GYRE_ASSIGN_OR_RETURN(std::string unknown_token, StringFieldOr(model, "unk_token", "", kModel));
  return std::make_unique<WordLevelModel>(std::move(vocabulary), unknown_token);
}

// "a b", or ["a", "b"], which newer files have.
absl::StatusOr<StringPair> ParseMerge(const json& merge, const std::string& where) {
  if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
    return StringPair(merge[0].get<std::string>(), merge[1].get<std::string>());
  }
  if (merge.is_string()) {
    const std::string& both = merge.get_ref<const std::string&>();
    const size_t space = both.find(' ');
    if (space != std::string::npos && both.find(' ', space + 1) == std::string::npos) {
      return StringPair(both.substr(0, space), both.substr(space + 1));
    }
  }
  return WrongField(where, "a merge must be \"a b\" or [\"a\", \"b\"]");
}

absl::StatusOr<std::vector<StringPair>> ParseMerges(const json& model) {
  const json* list = base::FindField(model, "merges");
  if (list == nullptr || !list->is_array()) return WrongField(kModel, "\"merges\" must be a list");
  std::vector<StringPair> merges;
  merges.reserve(list->size());
  for (size_t i = 0; i < list->size(); ++i) {
    const json& merge = (*list)[i];
    if (merge.is_string() && merge.get_ref<const std::string&>().starts_with("#version")) continue;
    GYRE_ASSIGN_OR_RETURN(merges.emplace_back(),
                          ParseMerge(merge, absl::StrCat("model.merges[", i, "]")));
  }
  return merges;
}

// Options that would change the ids and are not had here.
absl::Status RefuseBpeOptions(const json& model) {
  GYRE_RETURN_IF_ERROR(
      CheckKeys(model,
                {"type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix",
                 "fuse_unk", "byte_fallback", "ignore_merges", "vocab", "merges"},
                kModel));
  const json* dropout = base::FindField(model, "dropout");
  if (dropout != nullptr && !(dropout->is_number() && *dropout == 0)) {
    return Unsupported(kModel, "\"dropout\"");
  }
  for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    GYRE_ASSIGN_OR_RETURN(std::string affix, StringFieldOr(model, key, "", kModel));
    if (!affix.empty()) return Unsupported(kModel, absl::StrCat("\"", key, "\""));
  }
  GYRE_ASSIGN_OR_RETURN(bool byte_fallback, BoolFieldOr(model, "byte_fallback", false, kModel));
  if (byte_fallback) return Unsupported(kModel, "\"byte_fallback\": true");
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<TokenModel>> ParseBpe(const json& model) {
  GYRE_RETURN_IF_ERROR(RefuseBpeOptions(model));
  BpeOptions options;
  GYRE_ASSIGN_OR_RETURN(options.ignore_merges, BoolFieldOr(model, "ignore_merges", false, kModel));
  GYRE_ASSIGN_OR_RETURN(options.fuse_unknown, BoolFieldOr(model, "fuse_unk", false, kModel));
  GYRE_ASSIGN_OR_RETURN(options.unknown_token, StringFieldOr(model, "unk_token", "", kModel));
  GYRE_ASSIGN_OR_RETURN(Vocabulary vocabulary, ParseVocabulary(model));
  GYRE_ASSIGN_OR_RETURN(const std::vector<StringPair> merges, ParseMerges(model));
  absl::StatusOr<BpeModel> bpe = BpeModel::Create(std::move(vocabulary), merges, options);
  if (!bpe.ok()) return WrongField(kModel, std::string(bpe.status().message()));
  return std::make_unique<BpeModel>(*std::move(bpe));
}

}  // namespace

absl::StatusOr<std::unique_ptr<TokenModel>> ParseModel(const json* value, bool byte_level) {
  if (value == nullptr) return WrongField(kModel, "is missing");
  if (!value->is_object()) return WrongField(kModel, "must be an object");
  GYRE_ASSIGN_OR_RETURN(std::string type, StringField(*value, "type", kModel));
  if (type == "WordLevel") {
    if (byte_level) return Unsupported(kModel, "WordLevel behind ByteLevel");
    return ParseWordLevel(*value);
  }
  if (type == "BPE") {
    if (!byte_level) return Unsupported(kModel, "BPE without the pre_tokenizer ByteLevel");
    return ParseBpe(*value);
  }
  return Unsupported(kModel, type);
}

}  // namespace gyre::text
