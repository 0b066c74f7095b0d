#include "text/tokenizer_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace gyre::text {
namespace {

using nlohmann::json;

// A small tokenizer.json that is read without complaint; tests spoil it.
json Good() {
  return json::parse(R"({
    "added_tokens": [{"id": 0, "content": "<e>", "single_word": false, "lstrip": false,
                      "rstrip": false, "normalized": false, "special": true}],
    "normalizer": null,
    "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "."}, "behavior": "Isolated",
                      "invert": false},
    "post_processor": null,
    "decoder": {"type": "Fuse"},
    "model": {"type": "WordLevel", "vocab": {"<e>": 0, "a": 1, "b": 2}, "unk_token": "<unk>"}
  })");
}

absl::Status StatusOf(const json& root) { return ParseTokenizerJson(root.dump()).status(); }

// Puts `value` at a JSON pointer of the good file and expects this error.
void ExpectError(const char* pointer, const json& value, absl::StatusCode code,
                 const std::string& words) {
  json root = Good();
  root[json::json_pointer(pointer)] = value;
  absl::Status status = StatusOf(root);
  EXPECT_EQ(status.code(), code) << pointer << ": " << status;
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr(words));
}

constexpr auto kUnsupported = absl::StatusCode::kUnimplemented;
constexpr auto kWrong = absl::StatusCode::kInvalidArgument;

TEST(TokenizerJson, ReadsTheGoodOne) { EXPECT_TRUE(StatusOf(Good()).ok()) << StatusOf(Good()); }

TEST(TokenizerJson, NamesEveryComponentThatItDoesNotKnow) {
  ExpectError("/normalizer", {{"type", "NFKC"}}, kUnsupported, "normalizer: NFKC");
  ExpectError("/normalizer", {{"type", "Sequence"}, {"normalizers", {{{"type", "Lowercase"}}}}},
              kUnsupported, "normalizer: Lowercase");
  ExpectError("/pre_tokenizer/type", "Metaspace", kUnsupported, "pre_tokenizer: Metaspace");
  ExpectError("/pre_tokenizer/behavior", "Kept", kUnsupported, "behavior Kept");
  ExpectError("/pre_tokenizer/pattern", {{"Glob", " "}}, kUnsupported, "pattern Glob");
  ExpectError("/pre_tokenizer/option", 1, kUnsupported, "pre_tokenizer: \"option\"");
  ExpectError("/post_processor", {{"type", "BertProcessing"}}, kUnsupported,
              "post_processor: BertProcessing");
  ExpectError("/decoder/type", "Metaspace", kUnsupported, "decoder: Metaspace");
  ExpectError("/decoder", nullptr, kUnsupported, "decoder: none");
  ExpectError("/model/type", "Unigram", kUnsupported, "model: Unigram");
  ExpectError("/model/max_input_chars_per_word", 100, kUnsupported, "max_input_chars_per_word");
  ExpectError("/added_tokens/0/script", "x", kUnsupported, "added_tokens[0]: \"script\"");
}

TEST(TokenizerJson, RefusesWhatDoesNotGoTogether) {
  const json byte_level = {{"type", "ByteLevel"}};
  ExpectError("/model/type", "BPE", kUnsupported, "BPE without the pre_tokenizer ByteLevel");
  ExpectError("/pre_tokenizer", byte_level, kUnsupported, "WordLevel behind ByteLevel");
  ExpectError("/pre_tokenizer",
              {{"type", "Sequence"}, {"pretokenizers", {byte_level, {{"type", "Digits"}}}}},
              kUnsupported, "Digits behind ByteLevel");
  ExpectError("/decoder", {{"type", "Sequence"}, {"decoders", {{{"type", "Fuse"}}, byte_level}}},
              kUnsupported, "ByteLevel behind another");
}

TEST(TokenizerJson, RefusesSequencesWithoutEnd) {
  json component = {{"type", "Digits"}};
  for (int i = 0; i < 1000; ++i) {
    component = {{"type", "Sequence"}, {"pretokenizers", {component}}};
  }
  ExpectError("/pre_tokenizer", component, kWrong, "nested too deep");
  json steps = json::array();
  for (int i = 0; i < 100'000; ++i) steps.push_back({{"type", "Digits"}});
  ExpectError("/pre_tokenizer", {{"type", "Sequence"}, {"pretokenizers", steps}}, kWrong,
              "more than 64");
}

TEST(TokenizerJson, RefusesATemplateThatSwells) {
  const std::vector<int> ids(100, 1);
  const std::vector<json> parts(100, {{"SpecialToken", {{"id", "x"}, {"type_id", 0}}}});
  ExpectError("/post_processor",
              {{"type", "TemplateProcessing"},
               {"single", parts},
               {"special_tokens", {{"x", {{"id", "x"}, {"ids", ids}}}}}},
              kWrong, "more than 1024 tokens");
}

// A small byte-level file.
json GoodBpe() {
  json root = Good();
  root["pre_tokenizer"] = {{"type", "ByteLevel"}, {"add_prefix_space", false}};
  root["decoder"] = {{"type", "ByteLevel"}};
  root["model"] = {
      {"type", "BPE"}, {"vocab", {{"<e>", 0}, {"a", 1}, {"b", 2}, {"ab", 3}}}, {"merges", {"a b"}}};
  return root;
}

void ExpectBpeError(const char* pointer, const json& value, absl::StatusCode code,
                    const std::string& words) {
  json root = GoodBpe();
  ASSERT_TRUE(StatusOf(root).ok()) << StatusOf(root);
  root[json::json_pointer(pointer)] = value;
  absl::Status status = StatusOf(root);
  EXPECT_EQ(status.code(), code) << pointer << ": " << status;
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr(words));
}

TEST(TokenizerJson, NamesWhatIsWrongInABpe) {
  ExpectBpeError("/model/dropout", 0.1, kUnsupported, "dropout");
  ExpectBpeError("/model/byte_fallback", true, kUnsupported, "byte_fallback");
  ExpectBpeError("/model/continuing_subword_prefix", "##", kUnsupported, "continuing_subword");
  ExpectBpeError("/model/end_of_word_suffix", "</w>", kUnsupported, "end_of_word_suffix");
  ExpectBpeError("/model/temperature", 1, kUnsupported, "model: \"temperature\"");
  ExpectBpeError("/model/unk_token", "<unk>", kWrong, "unknown token \"<unk>\"");
  ExpectBpeError("/model/merges", "a b", kWrong, "\"merges\" must be a list");
  ExpectBpeError("/model/merges/0", "ab", kWrong, "model.merges[0]");
  ExpectBpeError("/model/merges/0", "a b c", kWrong, "model.merges[0]");
  ExpectBpeError("/model/merges/0", {"a", 1}, kWrong, "model.merges[0]");
  ExpectBpeError("/model/merges/0", {"b", "a"}, kWrong, "merge 0 (\"b\", \"a\")");
  ExpectBpeError("/model/merges/0", {"c", "a"}, kWrong, "needs the token \"c\"");
  ExpectBpeError("/model/vocab/b", 1, kWrong, "\"a\" and \"b\" have the same id 1");
  ExpectBpeError("/model/vocab/", 7, kWrong, "empty token");
  ExpectBpeError("/post_processor", {{"type", "TemplateProcessing"}, {"single", json::array()}},
                 kWrong, "leaves the text out");
  ExpectBpeError("/post_processor",
                 {{"type", "TemplateProcessing"},
                  {"single", {{{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}}}}},
                 kWrong, "no ids of \"<s>\"");
}

TEST(TokenizerJson, NamesTheFieldThatIsWrong) {
  ExpectError("/pre_tokenizer", 3, kWrong, "pre_tokenizer: must be an object");
  ExpectError("/pre_tokenizer/pattern/Regex", "(", kWrong, "regular expression");
  ExpectError("/pre_tokenizer/pattern", "a", kWrong, "pattern");
  ExpectError("/decoder/type", 1, kWrong, "decoder: \"type\" must be a string");
  ExpectError("/model", nullptr, kWrong, "model: is missing");
  ExpectError("/model/vocab", json::array(), kWrong, "model: \"vocab\"");
  ExpectError("/model/vocab/a", -1, kWrong, "model.vocab");
  ExpectError("/model/vocab/a", 2147483647, kWrong, "model.vocab");
  ExpectError("/model/vocab/a", 1.5, kWrong, "model.vocab");
  ExpectError("/model/vocab/a", 2, kWrong, "\"a\" and \"b\" have the same id 2");
  ExpectError("/model/unk_token", 5, kWrong, "unk_token");
  ExpectError("/added_tokens", "x", kWrong, "added_tokens: must be a list");
  ExpectError("/added_tokens/0", 1, kWrong, "added_tokens[0]");
  ExpectError("/added_tokens/0/id", "0", kWrong, "added_tokens[0]");
  ExpectError("/added_tokens/0/special", "yes", kWrong, "special");
  ExpectError("/added_tokens/0/id", 1, kWrong, "contradicts");
  ExpectError("/model/vocab/<e>", 9, kWrong, "contradicts");
}

TEST(TokenizerJson, RefusesWhatIsNotAJsonObject) {
  EXPECT_EQ(ParseTokenizerJson("{").status().code(), kWrong);
  EXPECT_EQ(ParseTokenizerJson("[1]").status().code(), kWrong);
  EXPECT_EQ(ParseTokenizerJson("{\"model\": \"\xFF\"}").status().code(), kWrong);
  EXPECT_EQ(ParseTokenizerJson(std::string(200000, '[')).status().code(), kWrong);
  EXPECT_EQ(ParseTokenizerJson(std::string(200000, '[') + std::string(200000, ']')).status().code(),
            kWrong);
}

}  // namespace
}  // namespace gyre::text
