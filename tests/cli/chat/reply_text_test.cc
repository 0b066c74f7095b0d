#include "cli/chat/reply_text.h"

#include <gtest/gtest.h>

#include <string>

namespace gyre::cli {
namespace {

const std::vector<ReplySegment> kReply = {
    {ReplyPart::kThinking, "a"}, {ReplyPart::kThinking, "b"}, {ReplyPart::kAnswer, "c\x1b[2Jd\ne"}};

std::string Shown(const ReplyStyle& style, const std::vector<ReplySegment>& segments = kReply) {
  ReplyText text(style);
  const std::string shown = text.Add(segments);
  return shown + text.End();
}

TEST(ReplyText, DimsTheThinkingOnATerminal) {
  EXPECT_EQ(Shown({.dims_thinking = true, .is_for_terminal = true}),
            "\x1b[2ma\x1b[0m\x1b[2mb\x1b[0m\n\nc\uFFFD[2Jd\ne\n");
}

TEST(ReplyText, MarksTheThinkingElsewhereAndLeavesTheTextAsItIs) {
  EXPECT_EQ(Shown({}), "<think>\nab\n</think>\n\nc\x1b[2Jd\ne\n");
}

TEST(ReplyText, LetsNoControlCharacterThroughToATerminal) {
  EXPECT_EQ(Shown({.is_for_terminal = true}, {{ReplyPart::kAnswer, "\x07\r\x7f\u009b1m\tä"}}),
            "\uFFFD\uFFFD\uFFFD\uFFFD1m\tä\n");
}

TEST(ReplyText, EndsAThoughtThatHasNoAnswerAndNothingIfThereIsNoReply) {
  EXPECT_EQ(Shown({}, {{ReplyPart::kThinking, "a"}}), "<think>\na\n</think>\n");
  EXPECT_EQ(Shown({}, {}), "");
}

}  // namespace
}  // namespace gyre::cli
