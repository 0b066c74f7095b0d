#include "text/countdown_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "text/load_tokenizer.h"

namespace gyre::text {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class CountdownTokenizer : public testing::Test {
 protected:
  CountdownTokenizer() : tokenizer_(*TokenizerFromFiles(CountdownTokenizerFiles())) {}

  std::vector<int32_t> Encode(const std::string& text) {
    absl::StatusOr<std::vector<int32_t>> token_ids = tokenizer_->Encode(text);
    EXPECT_TRUE(token_ids.ok()) << token_ids.status();
    return token_ids.value_or(std::vector<int32_t>());
  }
  std::string Error(const std::string& text) {
    return std::string(tokenizer_->Encode(text).status().message());
  }

  std::unique_ptr<Tokenizer> tokenizer_;
};

TEST_F(CountdownTokenizer, Has119TokensInOrder) {
  EXPECT_EQ(tokenizer_->vocabulary_size(), 119);
  EXPECT_EQ(tokenizer_->TokenToId("<pad>"), 0);
  EXPECT_EQ(tokenizer_->TokenToId("</answer>"), 6);
  EXPECT_EQ(tokenizer_->TokenToId(" no\n"), 7);
  EXPECT_EQ(tokenizer_->TokenToId("0"), 10);
  EXPECT_EQ(tokenizer_->TokenToId("99"), 109);
  EXPECT_EQ(tokenizer_->TokenToId("+"), 110);
  EXPECT_EQ(tokenizer_->TokenToId(" "), 118);
  EXPECT_EQ(tokenizer_->TokenToId("100"), std::nullopt);
  EXPECT_EQ(tokenizer_->bos_id(), 1);
  EXPECT_THAT(tokenizer_->eos_ids(), ElementsAre(2));
  for (int32_t id = 0; id < 119; ++id) {
    const std::string token = tokenizer_->Decode({id});
    EXPECT_EQ(tokenizer_->TokenToId(token), id);
    EXPECT_THAT(Encode(token), ElementsAre(id));
  }
}

TEST_F(CountdownTokenizer, PromptHas9TokensAndALineHas14) {
  EXPECT_THAT(Encode("<bos>5 7 6=37:"), ElementsAre(1, 15, 118, 17, 118, 16, 115, 47, 117));
  EXPECT_THAT(Encode("5*3=15,15-4=11 vs 17 no\n"),
              ElementsAre(15, 112, 13, 115, 25, 116, 25, 111, 14, 115, 21, 9, 27, 7));
  EXPECT_THAT(Encode("</think><answer>(5*3)-4</answer><eos>"),
              ElementsAre(4, 5, 113, 15, 112, 13, 114, 111, 14, 6, 2));
}

TEST_F(CountdownTokenizer, TakesTheLongestNumberWithoutLeadingZero) {
  EXPECT_THAT(Encode("100"), ElementsAre(20, 10));
  EXPECT_THAT(Encode("07"), ElementsAre(10, 17));
  EXPECT_THAT(Encode("12345"), ElementsAre(22, 44, 15));
}

TEST_F(CountdownTokenizer, NamesTheByteThatHasNoToken) {
  EXPECT_THAT(Error("12abc"), HasSubstr("at byte 2: \"abc\""));
  EXPECT_THAT(Error("<bos>5 no"), HasSubstr("at byte 7: \"no\""));
  EXPECT_THAT(Error("<bos><answer>ä1"), HasSubstr("at byte 13: \"ä\""));
  EXPECT_THAT(Error(" no\r\n"), HasSubstr("at byte 1"));
  EXPECT_THAT(Error("1\xFF"), HasSubstr("not UTF-8 at byte 1"));
  EXPECT_THAT(Error("xxxxxxxxxxxxxxxxxxxxxxxäöü"), HasSubstr("\"xxxxxxxxxxxxxxxxxxxxxxx…\""));
}

TEST_F(CountdownTokenizer, DecodesWithAndWithoutSpecialTokens) {
  const std::string text = "<bos>5 7 6=37:<think>5*7=35,35-6=29 vs 37 no\n</think><eos><pad>";
  EXPECT_EQ(tokenizer_->Decode(Encode(text)), text);
  EXPECT_EQ(tokenizer_->Decode(Encode(text), SpecialTokens::kSkip),
            "5 7 6=37:<think>5*7=35,35-6=29 vs 37 no\n</think>");
  EXPECT_EQ(tokenizer_->Decode({-1, 15, 119, 1 << 30, 16}), "56");
  EXPECT_EQ(tokenizer_->Decode({}), "");
}

TEST_F(CountdownTokenizer, AnUnknownTokenInTheVocabularyStandsForTextWithoutOne) {
  TokenizerFiles files = CountdownTokenizerFiles();
  std::string& json = files["tokenizer.json"];
  json.replace(json.find("<unk>"), 5, ":");
  absl::StatusOr<std::unique_ptr<Tokenizer>> tokenizer = TokenizerFromFiles(files);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  EXPECT_THAT(*(*tokenizer)->Encode("1 what 2"), ElementsAre(11, 118, 117, 118, 12));
}

}  // namespace
}  // namespace gyre::text
