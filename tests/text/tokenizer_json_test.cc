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
  ExpectError("/normalizer", {{"type", "NFC"}}, kUnsupported, "normalizer: NFC");
  ExpectError("/pre_tokenizer/type", "ByteLevel", kUnsupported, "pre_tokenizer: ByteLevel");
  ExpectError("/pre_tokenizer/behavior", "Removed", kUnsupported, "behavior Removed");
  ExpectError("/pre_tokenizer/invert", true, kUnsupported, "invert");
  ExpectError("/pre_tokenizer/pattern", {{"String", " "}}, kUnsupported, "pattern String");
  ExpectError("/post_processor", {{"type", "TemplateProcessing"}}, kUnsupported,
              "post_processor: TemplateProcessing");
  ExpectError("/decoder/type", "ByteLevel", kUnsupported, "decoder: ByteLevel");
  ExpectError("/decoder", nullptr, kUnsupported, "decoder: none");
  ExpectError("/model/type", "BPE", kUnsupported, "model: BPE");
  for (const char* option : {"single_word", "lstrip", "rstrip"}) {
    ExpectError((std::string("/added_tokens/0/") + option).c_str(), true, kUnsupported, option);
  }
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
  EXPECT_EQ(ParseTokenizerJson(std::string(200000, '[')).status().code(), kWrong);
}

}  // namespace
}  // namespace gyre::text
