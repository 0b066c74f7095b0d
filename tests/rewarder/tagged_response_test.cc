#include "rewarder/tagged_response.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace gyre::rewarder {
namespace {

std::string FaultOf(const std::string& text, FinishReason finish_reason = STOP) {
  return std::string(ParseTaggedResponse({text, finish_reason}).status().message());
}

TEST(TaggedResponse, IsTakenApart) {
  const std::string text = "<think>5*3=15\n</think><answer>(5*3)-4</answer><eos>";
  const auto parts = ParseTaggedResponse({text, STOP});
  ASSERT_TRUE(parts.ok()) << parts.status();
  EXPECT_EQ(parts->thought, "5*3=15\n");
  EXPECT_EQ(parts->answer, "(5*3)-4");
}

TEST(TaggedResponse, MayHaveEmptyParts) {
  const auto parts = ParseTaggedResponse({"<think></think><answer></answer><eos>", STOP});
  ASSERT_TRUE(parts.ok()) << parts.status();
  EXPECT_EQ(parts->thought, "");
  EXPECT_EQ(parts->answer, "");
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
  EXPECT_FALSE(ParseTaggedResponse({"<answer>1</answer><think>a</think><eos>", STOP}).ok());
  EXPECT_FALSE(ParseTaggedResponse({"<think></answer></think><answer><eos>", STOP}).ok());
  EXPECT_FALSE(ParseTaggedResponse({"<think></think><answer><eos></answer>", STOP}).ok());
  EXPECT_FALSE(ParseTaggedResponse({"</think><think><answer>1</answer><eos>", STOP}).ok());
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
