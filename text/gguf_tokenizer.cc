#include "text/gguf_tokenizer.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "text/one_line.h"
#include "text/utf8.h"
#include "text/word_scanner.h"

namespace gyre::text {
namespace {

using nlohmann::json;

// Values of tokenizer.ggml.token_type.
enum GgufTokenType : int32_t { kNormal = 1, kControl = 3, kUserDefined = 4, kUnused = 5 };

// What a name in tokenizer.ggml.pre stands for.
struct PreTokenizerName {
  std::string_view name;
  const char* split_pattern;  // nullptr: none
  bool splits_digits;
  bool composes;  // normalizer NFC
  bool ignores_merges;
  bool adds_bos;  // unless the file says otherwise
};
constexpr PreTokenizerName kPreTokenizerNames[] = {
    {"gpt-2", nullptr, false, false, false, false},
    {"smollm", nullptr, true, false, false, false},
    {"llama-bpe", kLlama3Pattern, false, false, true, true},
    {"llama3", kLlama3Pattern, false, false, true, true},
    {"qwen2", kQwen2Pattern, false, true, false, false},
    {"deepseek-r1-qwen", kQwen2Pattern, false, true, false, true},
};

absl::StatusOr<PreTokenizerName> FindPreTokenizer(const std::string& name) {
  for (const PreTokenizerName& known : kPreTokenizerNames) {
    if (known.name == name) return known;
  }
  return absl::UnimplementedError(
      absl::StrCat("tokenizer.ggml.pre: \"", OneLine(name), "\" is not supported"));
}

absl::Status CheckText(const std::string& text, const std::string& key) {
  if (!FindInvalidUtf8(text).has_value()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(key, ": is not UTF-8"));
}

absl::Status CheckGguf(const GgufTokenizer& gguf) {
  if (gguf.model != "gpt2") {
    return absl::UnimplementedError(
        absl::StrCat("tokenizer.ggml.model: \"", OneLine(gguf.model), "\" is not supported"));
  }
  if (gguf.tokens.size() >= static_cast<size_t>(std::numeric_limits<int32_t>::max())) {
    return absl::InvalidArgumentError("tokenizer.ggml.tokens: are too many");
  }
  if (!gguf.token_types.empty() && gguf.token_types.size() != gguf.tokens.size()) {
    return absl::InvalidArgumentError(absl::StrCat("tokenizer.ggml.token_type: has ",
                                                   gguf.token_types.size(), " entries for ",
                                                   gguf.tokens.size(), " tokens"));
  }
  std::unordered_set<std::string_view> seen;
  for (size_t id = 0; id < gguf.tokens.size(); ++id) {
    const std::string key = absl::StrCat("tokenizer.ggml.tokens[", id, "]");
    GYRE_RETURN_IF_ERROR(CheckText(gguf.tokens[id], key));
    if (!seen.insert(gguf.tokens[id]).second) {
      return absl::InvalidArgumentError(
          absl::StrCat(key, ": \"", OneLine(gguf.tokens[id]), "\" is there twice"));
    }
  }
  for (size_t i = 0; i < gguf.merges.size(); ++i) {
    GYRE_RETURN_IF_ERROR(CheckText(gguf.merges[i], absl::StrCat("tokenizer.ggml.merges[", i, "]")));
  }
  return CheckText(gguf.chat_template, "tokenizer.chat_template");
}

absl::Status CheckTokenId(const GgufTokenizer& gguf, int32_t id, const char* key) {
  if (id >= 0 && static_cast<size_t>(id) < gguf.tokens.size()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("tokenizer.ggml.", key, ": ", id, " is none of ",
                                                 gguf.tokens.size(), " tokens"));
}

absl::Status CheckTokenIds(const GgufTokenizer& gguf) {
  if (gguf.bos_token_id.has_value()) {
    GYRE_RETURN_IF_ERROR(CheckTokenId(gguf, *gguf.bos_token_id, "bos_token_id"));
  }
  if (gguf.padding_token_id.has_value()) {
    GYRE_RETURN_IF_ERROR(CheckTokenId(gguf, *gguf.padding_token_id, "padding_token_id"));
  }
  for (int32_t id : gguf.eos_token_ids) {
    GYRE_RETURN_IF_ERROR(CheckTokenId(gguf, id, "eos_token_id"));
  }
  return absl::OkStatus();
}

struct TokenLists {
  json vocabulary = json::object();
  json added_tokens = json::array();
};

absl::StatusOr<TokenLists> ListTokens(const GgufTokenizer& gguf) {
  TokenLists lists;
  for (size_t id = 0; id < gguf.tokens.size(); ++id) {
    const int32_t type = gguf.token_types.empty() ? kNormal : gguf.token_types[id];
    if (type == kUnused) continue;
    if (type != kNormal && type != kControl && type != kUserDefined) {
      return absl::UnimplementedError(
          absl::StrCat("tokenizer.ggml.token_type[", id, "]: type ", type, " is not supported"));
    }
    lists.vocabulary[gguf.tokens[id]] = id;
    if (type == kNormal) continue;
    lists.added_tokens.push_back({{"id", id},
                                  {"content", gguf.tokens[id]},
                                  {"single_word", false},
                                  {"lstrip", false},
                                  {"rstrip", false},
                                  {"normalized", false},
                                  {"special", type == kControl}});
  }
  return lists;
}

json ByteLevelComponent(bool use_regex) {
  return {{"type", "ByteLevel"},
          {"add_prefix_space", false},
          {"trim_offsets", true},
          {"use_regex", use_regex}};
}

json PreTokenizerJson(const PreTokenizerName& pre) {
  json steps = json::array();
  if (pre.splits_digits) steps.push_back({{"type", "Digits"}, {"individual_digits", true}});
  if (pre.split_pattern != nullptr) {
    steps.push_back({{"type", "Split"},
                     {"pattern", {{"Regex", pre.split_pattern}}},
                     {"behavior", "Isolated"},
                     {"invert", false}});
  }
  steps.push_back(ByteLevelComponent(pre.split_pattern == nullptr));
  return {{"type", "Sequence"}, {"pretokenizers", steps}};
}

// Puts begin and end token around a text; nothing where an id is empty.
json PostProcessorJson(const GgufTokenizer& gguf, std::optional<int32_t> bos_id,
                       std::optional<int32_t> eos_id) {
  json special_tokens = json::object();
  auto token = [&](int32_t id, int type_id) -> json {
    const std::string& text = gguf.tokens[id];
    special_tokens[text] = {{"id", text}, {"ids", {id}}, {"tokens", {text}}};
    return {{"SpecialToken", {{"id", text}, {"type_id", type_id}}}};
  };
  auto framed = [&](const char* text, int type_id) {
    json parts = json::array();
    if (bos_id.has_value()) parts.push_back(token(*bos_id, type_id));
    parts.push_back({{"Sequence", {{"id", text}, {"type_id", type_id}}}});
    if (eos_id.has_value()) parts.push_back(token(*eos_id, type_id));
    return parts;
  };
  const json single = framed("A", 0), second = framed("B", 1);
  json pair = single;
  pair.insert(pair.end(), second.begin(), second.end());
  return {{"type", "TemplateProcessing"},
          {"single", single},
          {"pair", pair},
          {"special_tokens", special_tokens}};
}

json TokenizerJson(const GgufTokenizer& gguf, const PreTokenizerName& pre, TokenLists lists) {
  const json byte_level = ByteLevelComponent(/*use_regex=*/true);
  std::optional<int32_t> bos_id, eos_id;
  if (gguf.add_bos_token.value_or(pre.adds_bos)) bos_id = gguf.bos_token_id;
  if (gguf.add_eos_token.value_or(false) && !gguf.eos_token_ids.empty()) {
    eos_id = gguf.eos_token_ids[0];
  }
  const bool is_framed = bos_id.has_value() || eos_id.has_value();
  json root = {{"version", "1.0"},
               {"truncation", nullptr},
               {"padding", nullptr},
               {"added_tokens", std::move(lists.added_tokens)},
               {"normalizer", pre.composes ? json::object({{"type", "NFC"}}) : json()},
               {"pre_tokenizer", PreTokenizerJson(pre)},
               {"post_processor", is_framed ? PostProcessorJson(gguf, bos_id, eos_id) : byte_level},
               {"decoder", byte_level},
               {"model",
                {{"type", "BPE"},
                 {"dropout", nullptr},
                 {"unk_token", nullptr},
                 {"continuing_subword_prefix", nullptr},
                 {"end_of_word_suffix", nullptr},
                 {"fuse_unk", false},
                 {"byte_fallback", false},
                 {"ignore_merges", pre.ignores_merges}}}};
  root["model"]["vocab"] = std::move(lists.vocabulary);
  root["model"]["merges"] = gguf.merges;
  return root;
}

}  // namespace

absl::StatusOr<TokenizerFiles> TokenizerFilesFromGguf(const GgufTokenizer& gguf) {
  GYRE_RETURN_IF_ERROR(CheckGguf(gguf));
  GYRE_RETURN_IF_ERROR(CheckTokenIds(gguf));
  GYRE_ASSIGN_OR_RETURN(const PreTokenizerName pre, FindPreTokenizer(gguf.pre));
  GYRE_ASSIGN_OR_RETURN(TokenLists lists, ListTokens(gguf));
  json config = {{"tokenizer_class", "PreTrainedTokenizerFast"},
                 {"clean_up_tokenization_spaces", false}};
  json generation = json::object();
  if (gguf.bos_token_id.has_value()) {
    config["bos_token"] = gguf.tokens[*gguf.bos_token_id];
    generation["bos_token_id"] = *gguf.bos_token_id;
  }
  if (!gguf.eos_token_ids.empty()) {
    config["eos_token"] = gguf.tokens[gguf.eos_token_ids[0]];
    generation["eos_token_id"] = gguf.eos_token_ids;
  }
  if (gguf.padding_token_id.has_value()) {
    config["pad_token"] = gguf.tokens[*gguf.padding_token_id];
    generation["pad_token_id"] = *gguf.padding_token_id;
  }
  TokenizerFiles files = {
      {"tokenizer.json", TokenizerJson(gguf, pre, std::move(lists)).dump() + "\n"},
      {"tokenizer_config.json", config.dump(2) + "\n"},
      {"generation_config.json", generation.dump(2) + "\n"}};
  if (!gguf.chat_template.empty()) files["chat_template.jinja"] = gguf.chat_template;
  return files;
}

}  // namespace gyre::text
