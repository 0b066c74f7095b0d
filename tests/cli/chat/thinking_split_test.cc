#include "cli/chat/thinking_split.h"

#include <gtest/gtest.h>

#include <string>

namespace gyre::cli {
namespace {

// What comes out for a text that comes in pieces of so many bytes: "[thinking](answer)".
std::string Split(const std::string& text, size_t piece, bool begins_thinking = false) {
  ThinkingSplit split(begins_thinking);
  std::vector<ReplySegment> all;
  const auto take = [&](const std::vector<ReplySegment>& segments) {
    for (const ReplySegment& segment : segments) {
      if (all.empty() || all.back().part != segment.part) {
        all.push_back(segment);
      } else {
        all.back().text += segment.text;
      }
    }
  };
  for (size_t at = 0; at < text.size(); at += piece) take(split.Add(text.substr(at, piece)));
  take(split.Finish());
  std::string shown;
  for (const ReplySegment& segment : all)
    shown +=
        segment.part == ReplyPart::kThinking ? "[" + segment.text + "]" : "(" + segment.text + ")";
  return shown;
}

void ExpectSplit(const std::string& text, const std::string& expected,
                 bool begins_thinking = false) {
  for (size_t piece = 1; piece <= text.size() + 1; ++piece)
    EXPECT_EQ(Split(text, piece, begins_thinking), expected) << text << " in pieces of " << piece;
}

TEST(ThinkingSplit, PartsThinkingFromTheAnswerHoweverTheTextComes) {
  ExpectSplit("<think>\na\n\nb\n</think>\n\nc\nd", "[a\n\nb](c\nd)");
  ExpectSplit("only an answer", "(only an answer)");
  ExpectSplit("<think>a</think>", "[a]");
  ExpectSplit("<think>\n\n</think>\n\nc", "(c)");
  ExpectSplit("", "");
}

TEST(ThinkingSplit, TakesTheThinkingThatThePromptHasOpened) {
  ExpectSplit("a</think>b", "[a](b)", true);
  ExpectSplit("<think>\na</think>b", "[a](b)", true);
  ExpectSplit("a without an end", "[a without an end]", true);
}

TEST(ThinkingSplit, LeavesTagsElsewhereInTheText) {
  ExpectSplit("see <think>a</think>", "(see <think>a</think>)");
  ExpectSplit("<think>a<think>b</think>c</think>d", "[a<think>b](c</think>d)");
  ExpectSplit("<thin", "(<thin)");
  ExpectSplit("<think>a</thi", "[a</thi]");
  ExpectSplit("<think>a < b </ c</think>d", "[a < b </ c](d)");
}

TEST(ThinkingSplit, SaysWhetherThereIsAnAnswer) {
  ThinkingSplit split(false);
  split.Add("<think>a");
  EXPECT_FALSE(split.has_answer());
  split.Add("</think>\n");
  EXPECT_FALSE(split.has_answer());
  split.Add("b");
  EXPECT_TRUE(split.has_answer());
}

}  // namespace
}  // namespace gyre::cli
