#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "text/chatml_template.h"
#include "text/deepseek_r1_template.h"
#include "text/known_chat_templates.h"
#include "text/llama3_template.h"
#include "text/qwen3_template.h"

namespace gyre::text {
namespace {

using testing::HasSubstr;

std::string Rendered(const ChatTemplate& chat_template, const std::vector<ChatMessage>& messages,
                     const ChatOptions& options = {}) {
  absl::StatusOr<std::string> prompt = chat_template.Render(messages, options);
  EXPECT_TRUE(prompt.ok()) << prompt.status();
  return prompt.value_or("");
}

TEST(ChatTemplate, ChatMlHasADefaultSystemTurn) {
  const ChatMlTemplate chatml("Test", "Be kind.");
  EXPECT_EQ(Rendered(chatml, {{"user", "Hi"}}),
            "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
            "<|im_start|>assistant\n");
  ChatOptions options;
  options.add_generation_prompt = false;
  EXPECT_EQ(Rendered(chatml, {{"system", ""}, {"user", "Hi"}}, options),
            "<|im_start|>system\n<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n");
}

TEST(ChatTemplate, Qwen3LeavesOldReasoningOutAndCanBeKeptFromThinking) {
  const Qwen3Template qwen3;
  const std::string reasoned = "<think>\nhm\n</think>\n\n4";
  EXPECT_EQ(Rendered(qwen3, {{"user", "2+2"}, {"assistant", reasoned}, {"user", "3+3"}}),
            "<|im_start|>user\n2+2<|im_end|>\n<|im_start|>assistant\n4<|im_end|>\n"
            "<|im_start|>user\n3+3<|im_end|>\n<|im_start|>assistant\n");
  EXPECT_THAT(Rendered(qwen3, {{"user", "2+2"}, {"assistant", reasoned}}),
              HasSubstr("<|im_start|>assistant\n<think>\nhm\n</think>\n\n4<|im_end|>\n"));
  ChatOptions options;
  options.enable_thinking = false;
  EXPECT_EQ(Rendered(qwen3, {{"user", "x"}}, options),
            "<|im_start|>user\nx<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n");
}

TEST(ChatTemplate, Llama31AlwaysGivesDates) {
  const Llama3Template llama("Llama 3.1", "<|begin_of_text|>", /*with_dates=*/true);
  ChatOptions options;
  options.date = "01 Jan 2026";
  EXPECT_EQ(Rendered(llama, {{"user", " Hi\n"}}, options),
            "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n"
            "Cutting Knowledge Date: December 2023\nToday Date: 01 Jan 2026\n\n<|eot_id|>"
            "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
            "<|start_header_id|>assistant<|end_header_id|>\n\n");
}

TEST(ChatTemplate, DeepSeekR1PutsSystemTextsInFrontAndBeginsToThink) {
  const DeepSeekR1Template r1("R1", "<bos>", /*joins_systems=*/true);
  const std::vector<ChatMessage> chat = {
      {"system", "A"}, {"user", "q"}, {"assistant", "<think>x</think>y"}, {"system", "B"}};
  EXPECT_EQ(Rendered(r1, chat),
            "<bos>A\n\nB<｜User｜>q<｜Assistant｜>y<｜end▁of▁sentence｜><｜Assistant｜><think>\n");
  const DeepSeekR1Template distilled("Distill", "<bos>", /*joins_systems=*/false);
  EXPECT_THAT(Rendered(distilled, chat), HasSubstr("<bos>B<｜User｜>"));
}

TEST(ChatTemplate, RefusesWhatItCannotWrite) {
  const ChatMlTemplate chatml("Test", "");
  auto message = [&](const std::vector<ChatMessage>& messages, const ChatOptions& options = {}) {
    return std::string(chatml.Render(messages, options).status().message());
  };
  EXPECT_THAT(message({}), HasSubstr("needs a message"));
  EXPECT_THAT(message({{"user", "x"}, {"tool", "y"}}), HasSubstr("message 1: the role \"tool\""));
  EXPECT_THAT(message({{"user", "a\xC3"}}), HasSubstr("message 0 is not UTF-8 at byte 1"));
  ChatOptions options;
  options.enable_thinking = true;
  EXPECT_THAT(message({{"user", "x"}}, options), HasSubstr("whether to think"));
  options = ChatOptions();
  options.date = "today";
  EXPECT_THAT(message({{"user", "x"}}, options), HasSubstr("does not give a date"));
}

TEST(KnownChatTemplates, AreFoundWhereAModelKeepsThem) {
  auto family = [](const TokenizerFiles& files) -> std::string {
    auto chat_template = ChatTemplateFromFiles(files, UnknownTemplate::kGuess);
    return chat_template.ok() ? std::string((*chat_template)->family())
                              : std::string(chat_template.status().message());
  };
  EXPECT_EQ(family({{"chat_template.jinja", "<|im_start|>"}}), "ChatML");
  EXPECT_EQ(family({{"tokenizer_config.json", R"({"chat_template": "<|im_start|>"})"}}), "ChatML");
  EXPECT_EQ(family({{"tokenizer_config.json",
                     R"({"chat_template": [{"name": "tool_use", "template": "x"},
                                           {"name": "default", "template": "<|im_start|>"}]})"}}),
            "ChatML");
  EXPECT_THAT(family({{"tokenizer_config.json", R"({"chat_template": 5})"}}),
              HasSubstr("tokenizer_config.json: \"chat_template\" must be a string"));
  EXPECT_THAT(family({{"tokenizer_config.json", "["}}), HasSubstr("is not a JSON object"));
  EXPECT_THAT(family({{"chat_template.jinja", "{{ messages }}"}}),
              HasSubstr("chat_template.jinja: the chat template is none of those"));
  EXPECT_EQ(ChatTemplateFromFiles({}, UnknownTemplate::kGuess).status().code(),
            absl::StatusCode::kNotFound);
}

TEST(KnownChatTemplates, WriteTheBeginTokenOfTheModel) {
  auto chat_template =
      ChatTemplateFromFiles({{"chat_template.jinja", "<|start_header_id|>"},
                             {"tokenizer_config.json", R"({"bos_token": {"content": "<begin>"}})"}},
                            UnknownTemplate::kGuess);
  ASSERT_TRUE(chat_template.ok()) << chat_template.status();
  EXPECT_THAT(Rendered(**chat_template, {{"user", "x"}}), testing::StartsWith("<begin>"));
}

}  // namespace
}  // namespace gyre::text
