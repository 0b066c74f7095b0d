// Spoilt files and texts for the readers of text/. Whatever comes out is refused with a reason, or
// it is a tokenizer that encodes and decodes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/fuzz/mutator.h"
#include "tests/fuzz/outcomes.h"
#include "text/gguf_tokenizer.h"
#include "text/known_chat_templates.h"
#include "text/load_tokenizer.h"
#include "text/streaming_decoder.h"
#include "text/utf8.h"

namespace gyre::text {
namespace {

using nlohmann::json;

const std::vector<std::string>& JsonWords() {
  static const std::vector<std::string> words = {
      "{",          "}",           "[",          "]",           ",",      ":",      "\"",
      "0",          "-1",          "1e999",      "2147483647",  "null",   "true",   "[[[[",
      "\\u",        "\\ud800",     "Sequence",   "ByteLevel",   "Split",  "Digits", "Removed",
      "Fuse",       "WordLevel",   "Contiguous", "\"invert\"",  "String", "(a+)+",  "\\\\p{L}",
      "(?<=",       "\"pattern\"", "a b",        "\"special\"", "lstrip", "rstrip", "single_word",
      "\"merges\"", "NFC",         "\xFF",       "\xE2\x82",    "Ġ",      "\\u0000"};
  return words;
}

std::string SoundTokenizer() {
  const json byte_level = {{"type", "ByteLevel"}, {"add_prefix_space", true}, {"use_regex", true}};
  const json split = {{"type", "Split"},
                      {"pattern", {{"Regex", "[aeiou]+|\\s"}}},
                      {"behavior", "MergedWithNext"},
                      {"invert", false}};
  const json root = {
      {"added_tokens",
       {{{"id", 7}, {"content", "<x>"}, {"special", true}, {"rstrip", true}},
        {{"id", 8}, {"content", " e\u0301"}, {"normalized", true}, {"single_word", true}}}},
      {"normalizer", {{"type", "Sequence"}, {"normalizers", {{{"type", "NFC"}}}}}},
      {"pre_tokenizer",
       {{"type", "Sequence"},
        {"pretokenizers", {split, {{"type", "Digits"}, {"individual_digits", true}}, byte_level}}}},
      {"post_processor",
       {{"type", "TemplateProcessing"},
        {"single",
         {{{"SpecialToken", {{"id", "<x>"}, {"type_id", 0}}}},
          {{"Sequence", {{"id", "A"}, {"type_id", 0}}}}}},
        {"special_tokens", {{"<x>", {{"id", "<x>"}, {"ids", {7}}, {"tokens", {"<x>"}}}}}}}},
      {"decoder", byte_level},
      {"model",
       {{"type", "BPE"},
        {"unk_token", "a"},
        {"fuse_unk", true},
        {"ignore_merges", false},
        {"vocab", {{"a", 0}, {"b", 1}, {"ab", 2}, {"Ġ", 3}, {"Ġa", 4}, {"Ã", 5}, {"aba", 6}}},
        {"merges", {"a b", {"Ġ", "a"}, {"ab", "a"}}}}}};
  return root.dump();
}

// Encodes and decodes; streamed and whole text must be the same.
void Use(const Tokenizer& tokenizer, const std::string& text) {
  const ExactBytes exact(text);
  absl::StatusOr<std::vector<int32_t>> ids = tokenizer.Encode(exact.view());
  if (FindInvalidUtf8(text).has_value()) {
    EXPECT_FALSE(ids.ok());
    return;
  }
  if (!ids.ok()) return;
  ids->push_back(-1);
  ids->push_back(tokenizer.vocabulary_size());
  StreamingDecoder stream(tokenizer);
  std::string streamed;
  for (int32_t id : *ids) streamed += stream.Add(id);
  streamed += stream.Finish();
  EXPECT_EQ(streamed, tokenizer.Decode(*ids));
  EXPECT_FALSE(FindInvalidUtf8(streamed).has_value());
}

const std::vector<std::string>& Texts() {
  static const std::vector<std::string> texts = {"", "a", "abab aba", "<x>  e\u0301 12 \u00E9a\n",
                                                 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
  return texts;
}

TEST(TextFuzz, TokenizerJson) {
  const std::string sound = SoundTokenizer();
  Outcomes outcomes;
  for (uint64_t number = 0; number < 15'000; ++number) {
    Mutator mutator("tokenizer.json", number, JsonWords());
    const absl::StatusOr<std::unique_ptr<Tokenizer>> tokenizer =
        TokenizerFromFiles({{"tokenizer.json", mutator.Spoil(sound, sound.size())}});
    outcomes.Add(tokenizer.status());
    if (!tokenizer.ok()) continue;
    for (const std::string& text : Texts()) Use(**tokenizer, text);
  }
  EXPECT_GT(outcomes.refused, 3'000);
  EXPECT_GT(outcomes.read, 100);
}

TEST(TextFuzz, ConfigsOfATokenizer) {
  const TokenizerFiles sound = {
      {"tokenizer.json", SoundTokenizer()},
      {"tokenizer_config.json",
       R"({"bos_token": {"content": "<x>"}, "eos_token": "b", "chat_template": [{"name": "default",
           "template": "<|im_start|>"}]})"},
      {"generation_config.json", R"({"eos_token_id": [1, 7]})"}};
  Outcomes outcomes;
  for (const char* name : {"tokenizer_config.json", "generation_config.json"}) {
    for (uint64_t number = 0; number < 3'000; ++number) {
      Mutator mutator(name, number, JsonWords());
      TokenizerFiles files = sound;
      files[name] = mutator.Spoil(files[name], files[name].size());
      outcomes.Add(TokenizerFromFiles(files).status());
      (void)ChatTemplateFromFiles(files, UnknownTemplate::kGuess);
    }
  }
  EXPECT_GT(outcomes.refused, 1'000);
  EXPECT_GT(outcomes.read, 100);
}

TEST(TextFuzz, Texts) {
  const std::unique_ptr<Tokenizer> tokenizer =
      *TokenizerFromFiles({{"tokenizer.json", SoundTokenizer()}});
  const std::string sound =
      "ab <x> aba 12\u00E9 e\u0301\u0323 \u4E2D\u1100\u1161 \U0001F600\r\n  'll \u0344\u0958 b";
  const std::vector<std::string> words = {"\xF0\x9F", "\u0301", "<x>", " ", "\x80", "\u1161", "\n"};
  for (uint64_t number = 0; number < 10'000; ++number) {
    Mutator mutator("text", number, words);
    Use(*tokenizer, mutator.Spoil(sound, sound.size()));
  }
}

TEST(TextFuzz, TokenizerOfAGgufFile) {
  GgufTokenizer sound;
  sound.model = "gpt2";
  sound.pre = "smollm";
  sound.tokens = {"a", "b", "ab", "<e>", "Ġ", "Ġa"};
  sound.token_types = {1, 1, 1, 3, 1, 4};
  sound.merges = {"a b", "Ġ a"};
  sound.bos_token_id = 3;
  sound.eos_token_ids = {3};
  const std::vector<std::string> words = {"qwen2", "llama-bpe", "gpt-2", "a",
                                          "b",     "ab",        " ",     "\xFF"};
  Outcomes outcomes;
  for (uint64_t number = 0; number < 10'000; ++number) {
    Mutator mutator("gguf", number, words);
    GgufTokenizer gguf = sound;
    switch (mutator.Below(6)) {
      case 0:
        gguf.pre = words[mutator.Below(words.size())];
        break;
      case 1:
        gguf.tokens.resize(mutator.Below(8));
        break;
      case 2:
        gguf.token_types[mutator.Below(6)] = static_cast<int32_t>(mutator.Below(8)) - 1;
        break;
      case 3:
        gguf.bos_token_id = static_cast<int32_t>(mutator.Below(12)) - 3;
        gguf.add_bos_token = true;
        break;
      case 4:
        gguf.eos_token_ids.push_back(static_cast<int32_t>(mutator.Below(12)) - 3);
        break;
      default:
        break;
    }
    std::vector<std::string>& list = mutator.Below(2) == 0 ? gguf.tokens : gguf.merges;
    if (!list.empty() && mutator.Below(2) == 0) {
      std::string& entry = list[mutator.Below(list.size())];
      entry = mutator.Spoil(entry, entry.size());
    }
    const absl::StatusOr<TokenizerFiles> files = TokenizerFilesFromGguf(gguf);
    if (!files.ok()) {
      outcomes.Add(files.status());
      continue;
    }
    const absl::StatusOr<std::unique_ptr<Tokenizer>> tokenizer = TokenizerFromFiles(*files);
    outcomes.Add(tokenizer.status());
    if (!tokenizer.ok()) continue;
    for (const std::string& text : Texts()) Use(**tokenizer, text);
  }
  EXPECT_GT(outcomes.refused, 3'000);
  EXPECT_GT(outcomes.read, 1'000);
}

TEST(TextFuzz, Chats) {
  const std::vector<std::string> words = {"<think>",      "</think>", "\n",
                                          "\xE3\x80\x80", "\xC2",     "<tool_response>"};
  for (const char* marks : {"<|im_start|>", "<|im_start|> enable_thinking", "<|start_header_id|>",
                            "<｜Assistant｜><think>"}) {
    const std::unique_ptr<ChatTemplate> chat_template =
        *RecogniseChatTemplate(marks, "<b>", UnknownTemplate::kGuess);
    for (uint64_t number = 0; number < 2'000; ++number) {
      Mutator mutator(marks, number, words);
      std::vector<ChatMessage> messages;
      bool is_valid = true;
      for (const char* role : {"system", "user", "assistant", "user", "assistant"}) {
        if (mutator.Below(3) == 0) continue;
        const std::string sound = " \u3000<think>\nhm\n</think>\n\n4\u00E9\n";
        messages.push_back({role, mutator.Spoil(sound, sound.size())});
        is_valid = is_valid && !FindInvalidUtf8(messages.back().content).has_value();
      }
      const absl::StatusOr<std::string> prompt = chat_template->Render(messages, ChatOptions());
      EXPECT_EQ(prompt.ok(), is_valid && !messages.empty());
    }
  }
}

}  // namespace
}  // namespace gyre::text
