#include "rewarder/rules/tagged_response.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace gyre::rewarder::rules {
namespace {

TaggedResponse Parse(absl::string_view text, FinishReason finish_reason = STOP,
                     absl::string_view end_mark = "<eos>") {
  return ParseTaggedResponse({text, finish_reason, end_mark});
}

std::string FaultsOf(const std::string& text, FinishReason finish_reason = STOP) {
  return FaultText(Parse(text, finish_reason).faults);
}

TEST(TaggedResponse, IsTakenApart) {
  const TaggedResponse parts = Parse("<think>5*3=15\n</think><answer>(5*3)-4</answer><eos>");
  EXPECT_EQ(parts.faults, 0u);
  EXPECT_EQ(parts.thought, "5*3=15\n");
  EXPECT_EQ(parts.answer, "(5*3)-4");
}

TEST(TaggedResponse, MayHaveWhiteSpaceOutsideOfItsParts) {
  const TaggedResponse parts = Parse("\n<think>\na</think>\n\n<answer> 1 </answer>\n<eos>");
  EXPECT_EQ(parts.faults, 0u) << FaultText(parts.faults);
  EXPECT_EQ(parts.thought, "\na");
  EXPECT_EQ(parts.answer, " 1 ");
}

TEST(TaggedResponse, HasPartsThatMayBeEmptyThoughThatIsAFault) {
  const TaggedResponse parts = Parse("<think> \n</think><answer></answer><eos>");
  EXPECT_EQ(parts.faults, kEmptyThought | kEmptyAnswer);
  EXPECT_TRUE(parts.has_parts());
  EXPECT_FALSE(Parse("<think>a</think>").has_parts());
}

TEST(TaggedResponse, MayBeginInsideAThoughtThatThePromptOpened) {
  const auto parse = [](absl::string_view text) {
    return ParseTaggedResponse(
        {.text = text, .finish_reason = STOP, .end_mark = "<eos>", .thought_is_open = true});
  };
  const TaggedResponse parts = parse("a</think><answer>1</answer><eos>");
  EXPECT_EQ(parts.faults, 0u) << FaultText(parts.faults);
  EXPECT_EQ(parts.thought, "a");
  EXPECT_EQ(parse("<think>a</think><answer>1</answer><eos>").faults, kManyThink);
  EXPECT_EQ(parse("</think><answer>1</answer><eos>").faults, kEmptyThought);
}

TEST(TaggedResponse, EndsWithTheMarkOfItsModelWhateverItIs) {
  const std::string text = "<think>a</think><answer>1</answer>";
  EXPECT_EQ(Parse(text + "<|im_end|>", STOP, "<|im_end|>").faults, 0u);
  EXPECT_EQ(Parse(text + "<eos>", STOP, "<|im_end|>").faults, kNoEndMark | kTextAfter);
  EXPECT_EQ(Parse(text, STOP, "").faults, 0u) << "a text without marks";
  EXPECT_EQ(Parse(text + "<eos>", STOP, "").faults, kTextAfter);
}

TEST(TaggedResponse, HasTheMarkThatItEndsWithOfSeveral) {
  const std::vector<std::string> marks = {"<|end|>", "<eos>"};
  EXPECT_EQ(EndMarkOf("1</answer><eos>", marks), "<eos>");
  EXPECT_EQ(EndMarkOf("1</answer><|end|>", marks), "<|end|>");
  EXPECT_EQ(EndMarkOf("1</answer>", marks), "<|end|>") << "one that it lacks";
  EXPECT_EQ(EndMarkOf("1</answer>", std::vector<std::string>()), "");
}

TEST(TaggedResponse, MustHaveEndedByItself) {
  EXPECT_EQ(FaultsOf("<think>a</think><answer>1</answer>", LENGTH), "truncated");
  EXPECT_EQ(FaultsOf("<think>a", LENGTH), "truncated, no </think>, no <answer>, no </answer>");
}

TEST(TaggedResponse, HasEachTagOnce) {
  EXPECT_EQ(FaultsOf("<think>a</think><answer>1</answer>"), "no end mark");
  EXPECT_EQ(FaultsOf("a</think><answer>1</answer><eos>"), "no <think>");
  EXPECT_EQ(FaultsOf("<think>a<answer>1</answer><eos>"), "no </think>");
  EXPECT_EQ(FaultsOf("<think><think>a</think><answer>1</answer><eos>"), "more than one <think>");
  EXPECT_EQ(FaultsOf("<think>a</think><answer>1</answer><answer>2</answer><eos>"),
            "more than one <answer>, more than one </answer>");
  EXPECT_EQ(FaultsOf("<think>a</think><answer>1</answer></answer><eos>"),
            "more than one </answer>");
  EXPECT_EQ(FaultsOf("<think>a</think></think><answer>1</answer><eos>"), "more than one </think>");
  EXPECT_EQ(FaultsOf("<think>a</think><answer>1</answer><eos><eos>"),
            "an end mark inside, text after </answer>");
}

TEST(TaggedResponse, HasNoTextOutsideItsParts) {
  EXPECT_EQ(FaultsOf("So <think>a</think><answer>1</answer><eos>"), "text before <think>");
  EXPECT_EQ(FaultsOf("<think>a</think>so<answer>1</answer><eos>"),
            "text between </think> and <answer>");
  EXPECT_EQ(FaultsOf("<think>a</think><answer>1</answer>.<eos>"), "text after </answer>");
  EXPECT_EQ(FaultsOf("x<think>a</think>y<answer>1</answer>z<eos>"),
            "text before <think>, text between </think> and <answer>, text after </answer>");
}

TEST(TaggedResponse, HasItsTagsInOrder) {
  for (const std::string text :
       {"<answer>1</answer><think>a</think><eos>", "<think></answer></think><answer><eos>",
        "</think><think><answer>1</answer><eos>", "<think>a<answer>1</answer></think><eos>"}) {
    EXPECT_EQ(Parse(text).faults, kWrongOrder) << text;
  }
}

TEST(TaggedResponse, HasTagsByteForByte) {
  for (const std::string text :
       {"< think>a</think><answer>1</answer><eos>", "<THINK>a</think><answer>1</answer><eos>",
        "＜think＞a</think><answer>1</answer><eos>",
        "<thi\u200bnk>a</think><answer>1</answer><eos>"}) {
    EXPECT_EQ(FaultsOf(text), "no <think>") << text;
  }
}

TEST(TaggedResponse, IsReadInTimeLinearInItsLength) {
  std::string text;
  for (int i = 0; i < 300'000; ++i) text += "<thin";
  EXPECT_NE(Parse(text).faults & kNoThink, 0u);
}

}  // namespace
}  // namespace gyre::rewarder::rules
