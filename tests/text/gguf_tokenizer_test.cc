#include "text/gguf_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "text/known_chat_templates.h"
#include "text/load_tokenizer.h"

namespace gyre::text {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

GgufTokenizer Good() {
  GgufTokenizer gguf;
  gguf.model = "gpt2";
  gguf.pre = "llama-bpe";
  gguf.tokens = {"a", "b", "ab", "<begin>", "<end>", "<think>", "[PAD6]"};
  gguf.token_types = {1, 1, 1, 3, 3, 4, 5};
  gguf.merges = {"a b"};
  gguf.bos_token_id = 3;
  gguf.eos_token_ids = {4, 5};
  gguf.padding_token_id = 4;
  return gguf;
}

std::unique_ptr<Tokenizer> Load(const GgufTokenizer& gguf) {
  absl::StatusOr<TokenizerFiles> files = TokenizerFilesFromGguf(gguf);
  EXPECT_TRUE(files.ok()) << files.status();
  absl::StatusOr<std::unique_ptr<Tokenizer>> tokenizer = TokenizerFromFiles(*files);
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status();
  return *std::move(tokenizer);
}

TEST(GgufTokenizer, BecomesTheFilesOfAModelFolder) {
  const std::unique_ptr<Tokenizer> tokenizer = Load(Good());
  EXPECT_THAT(*tokenizer->Encode("<begin>abba<think>"), ElementsAre(3, 2, 1, 0, 5));
  EXPECT_EQ(tokenizer->Decode({3, 2, 5, 4}, SpecialTokens::kSkip), "ab<think>");
  EXPECT_EQ(tokenizer->bos_id(), 3);
  EXPECT_THAT(tokenizer->eos_ids(), ElementsAre(4, 5));
  EXPECT_EQ(tokenizer->vocabulary_size(), 6);
  EXPECT_EQ(tokenizer->TokenToId("[PAD6]"), std::nullopt);
}

TEST(GgufTokenizer, FramesATextAsTheFileOrThePreTokenizerSays) {
  EXPECT_THAT(Load(Good())->frame_tokens().before, ElementsAre(3));
  EXPECT_THAT(Load(Good())->frame_tokens().after, IsEmpty());
  GgufTokenizer gguf = Good();
  gguf.add_bos_token = false;
  gguf.add_eos_token = true;
  EXPECT_THAT(Load(gguf)->frame_tokens().before, IsEmpty());
  EXPECT_THAT(Load(gguf)->frame_tokens().after, ElementsAre(4));
  gguf = Good();
  gguf.pre = "qwen2";
  EXPECT_THAT(Load(gguf)->frame_tokens().before, IsEmpty());
}

TEST(GgufTokenizer, KeepsTheChatTemplate) {
  GgufTokenizer gguf = Good();
  gguf.chat_template = "{{ '<|im_start|>' }}";
  const TokenizerFiles files = *TokenizerFilesFromGguf(gguf);
  EXPECT_EQ(files.at("chat_template.jinja"), gguf.chat_template);
  EXPECT_EQ(ChatTemplateFromFiles(files, UnknownTemplate::kRefuse).status().code(),
            absl::StatusCode::kUnimplemented);
  EXPECT_TRUE(ChatTemplateFromFiles(files, UnknownTemplate::kGuess).ok());
}

TEST(GgufTokenizer, NamesTheKeyThatIsWrong) {
  auto error = [](auto spoil) {
    GgufTokenizer gguf = Good();
    spoil(gguf);
    absl::StatusOr<TokenizerFiles> files = TokenizerFilesFromGguf(gguf);
    return std::string(files.status().message());
  };
  EXPECT_THAT(error([](auto& gguf) { gguf.model = "llama"; }),
              HasSubstr("tokenizer.ggml.model: \"llama\""));
  EXPECT_THAT(error([](auto& gguf) { gguf.pre = "command-r"; }),
              HasSubstr("tokenizer.ggml.pre: \"command-r\" is not supported"));
  EXPECT_THAT(error([](auto& gguf) { gguf.token_types.pop_back(); }), HasSubstr("token_type"));
  EXPECT_THAT(error([](auto& gguf) { gguf.token_types[1] = 6; }),
              HasSubstr("tokenizer.ggml.token_type[1]: type 6"));
  EXPECT_THAT(error([](auto& gguf) { gguf.tokens[1] = "a"; }),
              HasSubstr("tokenizer.ggml.tokens[1]"));
  EXPECT_THAT(error([](auto& gguf) { gguf.tokens[1] = "\xFF"; }), HasSubstr("is not UTF-8"));
  EXPECT_THAT(error([](auto& gguf) { gguf.merges[0] = "a \xFF"; }),
              HasSubstr("tokenizer.ggml.merges[0]"));
  EXPECT_THAT(error([](auto& gguf) { gguf.bos_token_id = 7; }), HasSubstr("bos_token_id: 7"));
  EXPECT_THAT(error([](auto& gguf) { gguf.eos_token_ids = {-1}; }), HasSubstr("eos_token_id: -1"));
}

}  // namespace
}  // namespace gyre::text
