#include "data/prompt_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gyre::data {
namespace {

Problem WithPrompt(const std::string& prompt) {
  Problem problem;
  problem.set_id("q");
  problem.set_prompt(prompt);
  return problem;
}

TEST(PromptTemplate, PlainIsThePromptItself) {
  EXPECT_EQ(*RenderPrompt(RlSpec::PLAIN, WithPrompt("<bos>5 7 6=37:")), "<bos>5 7 6=37:");
}

// DeepSeek-R1, arXiv 2501.12948v1, table 1.
TEST(PromptTemplate, R1ZeroIsTheLineOfThePaper) {
  EXPECT_EQ(
      *RenderPrompt(RlSpec::R1_ZERO, WithPrompt("What is 2+2?")),
      "A conversation between User and Assistant. The user asks a question, and the Assistant "
      "solves it. The assistant first thinks about the reasoning process in the mind and then "
      "provides the user with the answer. The reasoning process and answer are enclosed "
      "within <think> </think> and <answer> </answer> tags, respectively, i.e., <think> "
      "reasoning process here </think> <answer> answer here </answer>. User: What is 2+2?. "
      "Assistant:");
}

TEST(PromptTemplate, RefusesChatMessagesByTheProblemsName) {
  Problem problem;
  problem.set_id("chat-1");
  problem.add_messages()->set_content("hi");
  absl::Status status = RenderPrompt(RlSpec::PLAIN, problem).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("chat-1"));
}

}  // namespace
}  // namespace gyre::data
