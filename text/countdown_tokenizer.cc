#include "text/countdown_tokenizer.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"

namespace gyre::text {
namespace {

// Keeps keys in the order in which they are written, as HF's own files have them.
using nlohmann::ordered_json;

constexpr int kNumAddedTokens = 7;
constexpr int kNumSpecialTokens = 3;

std::vector<std::string> CountdownTokens() {
  std::vector<std::string> tokens = {"<pad>",    "<bos>",     "<eos>", "<think>", "</think>",
                                     "<answer>", "</answer>", " no\n", " yes\n",  " vs "};
  for (int number = 0; number < 100; ++number) tokens.push_back(absl::StrCat(number));
  for (char mark : {'+', '-', '*', '(', ')', '=', ',', ':', ' '}) tokens.emplace_back(1, mark);
  return tokens;
}

// Alternatives are tried from left to right, so the longer ones come first.
constexpr char kPattern[] = R"( no\n| yes\n| vs |[1-9][0-9]|[0-9]|[-+*()=,: ])";

std::string GenerationConfigJson() {
  ordered_json root = {{"bos_token_id", 1}, {"eos_token_id", 2}, {"pad_token_id", 0}};
  return root.dump(2) + "\n";
}

}  // namespace

std::string CountdownTokenizerJson() {
  const std::vector<std::string> tokens = CountdownTokens();
  ordered_json added_tokens = ordered_json::array();
  for (int id = 0; id < kNumAddedTokens; ++id) {
    added_tokens.push_back({{"id", id},
                            {"content", tokens[id]},
                            {"single_word", false},
                            {"lstrip", false},
                            {"rstrip", false},
                            {"normalized", false},
                            {"special", id < kNumSpecialTokens}});
  }
  ordered_json vocabulary;
  for (size_t id = 0; id < tokens.size(); ++id) vocabulary[tokens[id]] = id;
  ordered_json root = {
      {"version", "1.0"},
      {"truncation", nullptr},
      {"padding", nullptr},
      {"added_tokens", added_tokens},
      {"normalizer", nullptr},
      {"pre_tokenizer",
       {{"type", "Split"},
        {"pattern", {{"Regex", kPattern}}},
        {"behavior", "Isolated"},
        {"invert", false}}},
      {"post_processor", nullptr},
      {"decoder", {{"type", "Fuse"}}},
      // HF tokenizers demands the key; as the vocabulary lacks it, unknown text is an error there,
      // too.
      {"model", {{"type", "WordLevel"}, {"vocab", vocabulary}, {"unk_token", "<unk>"}}}};
  return root.dump(2) + "\n";
}

std::string CountdownTokenizerConfigJson() {
  ordered_json root = {{"tokenizer_class", "PreTrainedTokenizerFast"},
                       {"bos_token", "<bos>"},
                       {"eos_token", "<eos>"},
                       {"pad_token", "<pad>"},
                       {"clean_up_tokenization_spaces", false}};
  return root.dump(2) + "\n";
}

TokenizerFiles CountdownTokenizerFiles() {
  return {{"tokenizer.json", CountdownTokenizerJson()},
          {"tokenizer_config.json", CountdownTokenizerConfigJson()},
          {"generation_config.json", GenerationConfigJson()}};
}

}  // namespace gyre::text
