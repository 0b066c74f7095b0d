#include "rewarder/tagged_response.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace gyre::rewarder {
namespace {

absl::StatusOr<TaggedResponse> Parse(absl::string_view text, FinishReason finish_reason = STOP,
                                     absl::string_view end_mark = "<eos>") {
  return ParseTaggedResponse({text, finish_reason, end_mark});
}

std::string FaultOf(const std::string& text, FinishReason finish_reason = STOP) {
  return std::string(Parse(text, finish_reason).status().message());
}

TEST(TaggedResponse, IsTakenApart) {
  const std::string text = "<think>5*3=15\n</think><answer>(5*3)-4</answer><eos>";
  const auto parts = Parse(text);
  ASSERT_TRUE(parts.ok()) << parts.status();
  EXPECT_EQ(parts->thought, "5*3=15\n");
  EXPECT_EQ(parts->answer, "(5*3)-4");
}

TEST(TaggedResponse, MayHaveEmptyParts) {
  const auto parts = Parse("<think></think><answer></answer><eos>");
  ASSERT_TRUE(parts.ok()) << parts.status();
  EXPECT_EQ(parts->thought, "");
  EXPECT_EQ(parts->answer, "");
}

TEST(TaggedResponse, EndsWithTheMarkOfItsModelWhateverItIs) {
  const std::string text = "<think>a</think><answer>1</answer>";
  const std::string marked = text + "<|im_end|>";
  const auto parts = Parse(marked, STOP, "<|im_end|>");
  ASSERT_TRUE(parts.ok()) << parts.status();
  EXPECT_EQ(parts->answer, "1");
  EXPECT_EQ(Parse(text + "<eos>", STOP, "<|im_end|>").status().message(), "no <|im_end|>");
  EXPECT_TRUE(Parse(text, STOP, "").ok()) << "a text without marks";
  EXPECT_EQ(Parse(text + "<eos>", STOP, "").status().message(),
            "the response does not end with </answer>");
}

TEST(TaggedResponse, HasTheMarkThatItEndsWithOfSeveral) {
  const std::vector<std::string> marks = {"<|end|>", "<eos>"};
  EXPECT_EQ(EndMarkOf("1</answer><eos>", marks), "<eos>");
  EXPECT_EQ(EndMarkOf("1</answer><|end|>", marks), "<|end|>");
  EXPECT_EQ(EndMarkOf("1</answer>", marks), "<|end|>") << "one that it lacks";
  EXPECT_EQ(EndMarkOf("1</answer>", std::vector<std::string>()), "");
}

TEST(TaggedResponse, MustHaveEndedByItself) {
  EXPECT_EQ(FaultOf("<think>a</think><answer>1</answer><eos>", LENGTH), "truncated");
}

TEST(TaggedResponse, HasEachTagOnce) {
  EXPECT_EQ(FaultOf("<think>a</think><answer>1</answer>"), "no <eos>");
  EXPECT_EQ(FaultOf("a</think><answer>1</answer><eos>"), "no <think>");
  EXPECT_EQ(FaultOf("<think>a<answer>1</answer><eos>"), "no </think>");
  EXPECT_EQ(FaultOf("<think><think>a</think><answer>1</answer><eos>"), "more than one <think>");
  EXPECT_EQ(FaultOf("<think>a</think><answer>1</answer><answer>2</answer><eos>"),
            "more than one <answer>");
  EXPECT_EQ(FaultOf("<think>a</think><answer>1</answer></answer><eos>"), "more than one </answer>");
  EXPECT_EQ(FaultOf("<think>a</think></think><answer>1</answer><eos>"), "more than one </think>");
  EXPECT_EQ(FaultOf("<think>a</think><answer>1</answer><eos><eos>"), "more than one <eos>");
}

TEST(TaggedResponse, HasNothingOutsideItsParts) {
  EXPECT_EQ(FaultOf(" <think>a</think><answer>1</answer><eos>"), "text before <think>");
  EXPECT_EQ(FaultOf("<think>a</think> <answer>1</answer><eos>"),
            "<answer> does not follow </think> at once");
  EXPECT_EQ(FaultOf("<think>a</think><answer>1</answer>\n<eos>"),
            "the response does not end with </answer><eos>");
  EXPECT_EQ(FaultOf("<think>a</think><answer>1</answer><eos>x"),
            "the response does not end with </answer><eos>");
}

TEST(TaggedResponse, HasItsTagsInOrder) {
  EXPECT_FALSE(Parse("<answer>1</answer><think>a</think><eos>").ok());
  EXPECT_FALSE(Parse("<think></answer></think><answer><eos>").ok());
  EXPECT_FALSE(Parse("<think></think><answer><eos></answer>").ok());
  EXPECT_FALSE(Parse("</think><think><answer>1</answer><eos>").ok());
}

TEST(TaggedResponse, HasTagsByteForByte) {
  for (const std::string text :
       {"< think>a</think><answer>1</answer><eos>", "<THINK>a</think><answer>1</answer><eos>",
        "＜think＞a</think><answer>1</answer><eos>",
        "<thi\u200bnk>a</think><answer>1</answer><eos>"}) {
    EXPECT_EQ(FaultOf(text), "no <think>") << text;
  }
}

TEST(TaggedResponse, IsReadInTimeLinearInItsLength) {
  std::string text;
  for (int i = 0; i < 300'000; ++i) text += "<thin";
  EXPECT_EQ(FaultOf(text), "no <think>");
}

}  // namespace
}  // namespace gyre::rewarder
