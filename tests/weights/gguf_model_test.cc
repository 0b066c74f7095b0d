#include "weights/gguf_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numbers>

#include "base/file.h"
#include "tests/weights/tiny_gguf.h"
#include "weights/gguf_tokenizer.h"
#include "weights/stored_model.h"

namespace gyre::weights {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ModelConfig ConfigOf(ModelFamily family, bool tie_head) {
  ModelConfig config = TinyModelConfig();
  config.family = family;
  config.tie_head = tie_head;
  return config;
}

class GgufModelTest : public testing::Test {
 protected:
  absl::StatusOr<GgufModel> Open(const GgufBuilder& builder) {
    EXPECT_TRUE(base::WriteFileAtomically(path_, builder.Bytes()).ok());
    return GgufModel::Open(path_);
  }
  void ExpectError(const GgufBuilder& builder, const std::string& words) {
    const absl::Status status = Open(builder).status();
    EXPECT_THAT(std::string(status.message()), HasSubstr(path_ + ": "));
    EXPECT_THAT(std::string(status.message()), HasSubstr(words));
  }

  const std::string path_ = testing::TempDir() + "/gguf_model_test.gguf";
};

TEST_F(GgufModelTest, ReadsConfigAndWeightsOfEveryFamily) {
  for (const ModelFamily family : {ModelFamily::kLlama, ModelFamily::kQwen2, ModelFamily::kQwen3}) {
    for (const bool tie_head : {false, true}) {
      const ModelConfig config = ConfigOf(family, tie_head);
      ASSERT_TRUE(base::WriteFileAtomically(path_, TinyGguf(config).Bytes()).ok());
      const auto model = OpenModel(path_);
      ASSERT_TRUE(model.ok()) << model.status();
      EXPECT_EQ((*model)->config(), config);
      EXPECT_EQ(*ReadModelConfig(path_), config);
      const TinyWeights weights(config);
      for (const F32Tensor& tensor : weights.tensors()) {
        size_t size = 1;
        for (const int64_t dimension : tensor.shape) size *= static_cast<size_t>(dimension);
        std::vector<float> values(size);
        ASSERT_TRUE((*model)->CopyTensor(tensor.name, values).ok());
        EXPECT_EQ(values, std::vector<float>(tensor.data, tensor.data + size)) << tensor.name;
      }
    }
  }
}

// What llama.cpp's converter computes from config.json's rope_scaling, in f32.
std::string Llama3Divisors(const ModelConfig& config, float factor) {
  std::string bytes;
  for (int64_t i = 0; i < config.head_size / 2; ++i) {
    const float frequency =
        1 / std::pow(static_cast<float>(config.rope_theta),
                     static_cast<float>(2 * i) / static_cast<float>(config.head_size));
    const float wavelength = 2 * std::numbers::pi_v<float> / frequency;
    float divisor = 1;
    if (wavelength > 8192) {
      divisor = factor;
    } else if (wavelength >= 8192 / 4.0f) {
      const float smooth = (8192 / wavelength - 1) / 3;
      divisor = 1 / ((1 - smooth) / factor + smooth);
    }
    bytes += BytesOf(divisor);
  }
  return bytes;
}

TEST_F(GgufModelTest, RecognizesLlama3sStretchOfRope) {
  ModelConfig config = TinyModelConfig();
  config.head_size = 64;
  config.rope_theta = 500000;
  const uint64_t half = 32;
  for (const float factor : {8.0f, 32.0f}) {
    const auto model =
        Open(TinyGguf(config).Tensor(kGgufRopeDivisors, {half}, 0, Llama3Divisors(config, factor)));
    ASSERT_TRUE(model.ok()) << model.status();
    const RopeScaling expected = {.factor = factor,
                                  .low_freq_factor = 1,
                                  .high_freq_factor = 4,
                                  .original_max_positions = 8192};
    EXPECT_EQ(model->config().rope_scaling, expected);
  }
  std::string ones;
  for (uint64_t i = 0; i < half; ++i) ones += BytesOf(1.0f);
  EXPECT_EQ(
      Open(TinyGguf(config).Tensor(kGgufRopeDivisors, {half}, 0, ones))->config().rope_scaling,
      std::nullopt);
  std::string others = Llama3Divisors(config, 8);
  others.replace(4 * 20, 4, BytesOf(1.5f));
  ExpectError(TinyGguf(config).Tensor(kGgufRopeDivisors, {half}, 0, others),
              "is not Llama 3's stretch of RoPE");
  ExpectError(TinyGguf(config).Tensor(kGgufRopeDivisors, {half / 2}, 0, others.substr(0, 2 * half)),
              "tensor \"rope_freqs.weight\" has the shape [16]; it must be [32]");
}

TEST_F(GgufModelTest, NamesWhatIsNotSupported) {
  const ModelConfig config = TinyModelConfig();
  const auto with = [&](const std::function<void(GgufBuilder&)>& add) {
    GgufBuilder builder = TinyGguf(config);
    add(builder);
    return builder;
  };
  ExpectError(GgufBuilder().String("general.architecture", "gemma3"),
              "the architecture \"gemma3\" is not supported; known are llama, qwen2, qwen3");
  ExpectError(with([](auto& b) { b.Uint32("llama.expert_count", 8); }), "llama.expert_count");
  ExpectError(with([](auto& b) { b.Uint32("llama.attention.sliding_window", 64); }),
              "llama.attention.sliding_window");
  ExpectError(with([](auto& b) { b.String("llama.rope.scaling.type", "yarn"); }),
              "metadata \"llama.rope.scaling.type\" is \"yarn\"");
  ExpectError(with([](auto& b) { b.Float("llama.rope.scaling.factor", 2); }),
              "llama.rope.scaling.factor");
  ExpectError(with([](auto& b) { b.Float("llama.logit_scale", 2); }), "llama.logit_scale");
  ExpectError(with([](auto& b) { b.Uint32("llama.rope.dimension_count", 2); }),
              "llama.rope.dimension_count");
  EXPECT_TRUE(Open(with([](auto& b) { b.Uint32("llama.expert_count", 0); })).ok());
  EXPECT_TRUE(Open(with([](auto& b) { b.String("llama.rope.scaling.type", "none"); })).ok());
}

TEST_F(GgufModelTest, NamesTheKeyThatIsMissingOrWrong) {
  ExpectError(GgufBuilder(), "metadata \"general.architecture\" is missing");
  GgufBuilder builder;
  builder.String("general.architecture", "llama");
  ExpectError(builder, "tensor \"token_embd.weight\" is missing");
  builder.Tensor("token_embd.weight", {1, 1}, 0, std::string(4, '\0'));
  ExpectError(builder, "metadata \"llama.embedding_length\" is missing");
  builder.String("llama.embedding_length", "many");
  ExpectError(builder, "metadata \"llama.embedding_length\" must be a whole number");
  ExpectError(TinyGguf(TinyModelConfig()).Uint32("llama.vocab_size", 12),
              "metadata \"llama.vocab_size\" is 12, but tensor \"token_embd.weight\" has");
}

TEST_F(GgufModelTest, ConfigAndTensorsMustAgree) {
  ModelConfig config = TinyModelConfig();
  const GgufBuilder tensors = TinyGguf(config);
  ExpectError(TinyGgufMetadata(config).Tensor("token_embd.weight", {12, 11}, 0,
                                              std::string(12 * 11 * 4, '\0')),
              "tensor \"blk.0.attn_norm.weight\" is missing");
  ExpectError(TinyGguf(config).Tensor("blk.0.attn_q.bias", {16}, 0, std::string(64, '\0')),
              "tensor \"blk.0.attn_q.bias\" is not one that the file's metadata has room for");
  ExpectError(TinyGguf(config).Tensor("blk.2.attn_norm.weight", {12}, 0, std::string(48, '\0')),
              "tensor \"blk.2.attn_norm.weight\"");
}

GgufBuilder TokenizerBuilder() {
  GgufBuilder builder;
  builder.String("tokenizer.ggml.model", "gpt2")
      .String("tokenizer.ggml.pre", "smollm")
      .Strings("tokenizer.ggml.tokens", {"<e>", "a", "b", "ab"})
      .Strings("tokenizer.ggml.merges", {"a b"})
      .Uint32("tokenizer.ggml.eos_token_id", 0)
      .Uint32("tokenizer.ggml.eot_token_id", 3);
  return builder;
}

std::string Types(const std::vector<int32_t>& types) {
  std::string bytes = BytesOf<uint32_t>(5) + BytesOf<uint64_t>(types.size());
  for (const int32_t type : types) bytes += BytesOf(type);
  return bytes;
}

TEST(GgufTokenizer, ReadsItsValues) {
  const std::string bytes =
      TokenizerBuilder()
          .Raw("tokenizer.ggml.token_type", GgufValueType::kArray, Types({3, 1, 1, 4}))
          .Raw("tokenizer.ggml.add_bos_token", GgufValueType::kBool, "\1")
          .String("tokenizer.chat_template", "{{ x }}")
          .Bytes();
  const auto content = ParseGguf(bytes);
  ASSERT_TRUE(content.ok()) << content.status();
  const auto tokenizer = ReadGgufTokenizer(content->metadata);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  EXPECT_EQ(tokenizer->model, "gpt2");
  EXPECT_EQ(tokenizer->pre, "smollm");
  EXPECT_THAT(tokenizer->tokens, ElementsAre("<e>", "a", "b", "ab"));
  EXPECT_THAT(tokenizer->token_types, ElementsAre(3, 1, 1, 4));
  EXPECT_THAT(tokenizer->merges, ElementsAre("a b"));
  EXPECT_EQ(tokenizer->bos_token_id, std::nullopt);
  EXPECT_EQ(tokenizer->eos_token_id, 0);
  EXPECT_EQ(tokenizer->eot_token_id, 3);
  EXPECT_EQ(tokenizer->add_bos_token, true);
  EXPECT_EQ(tokenizer->add_eos_token, std::nullopt);
  EXPECT_EQ(tokenizer->chat_template, "{{ x }}");
}

TEST(GgufTokenizer, NamesTheKeyThatIsWrong) {
  const auto fault = [](const GgufBuilder& builder) {
    const std::string bytes = builder.Bytes();
    return std::string(ReadGgufTokenizer(ParseGguf(bytes)->metadata).status().message());
  };
  EXPECT_THAT(fault(GgufBuilder()), HasSubstr("\"tokenizer.ggml.model\" is missing"));
  EXPECT_THAT(fault(GgufBuilder().String("tokenizer.ggml.model", "gpt2")),
              HasSubstr("\"tokenizer.ggml.tokens\" is missing or empty"));
  EXPECT_THAT(fault(TokenizerBuilder().Uint32("tokenizer.ggml.bos_token_id", 4)),
              HasSubstr("\"tokenizer.ggml.bos_token_id\" is 4, but there are 4 tokens"));
  const char* types = "tokenizer.ggml.token_type";
  EXPECT_THAT(fault(TokenizerBuilder().Raw(types, GgufValueType::kArray, Types({1}))),
              HasSubstr("has 1 entries, but there are 4 tokens"));
  EXPECT_THAT(fault(TokenizerBuilder().Raw(types, GgufValueType::kArray, Types({1, 1, 1, 9}))),
              HasSubstr("unknown type 9"));
}

}  // namespace
}  // namespace gyre::weights
