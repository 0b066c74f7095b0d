#include "weights/expected_tensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "tests/weights/tiny_model.h"

namespace gyre::weights {
namespace {

using testing::Contains;
using testing::HasSubstr;

int64_t NumParameters(const ModelConfig& config) {
  int64_t total = 0;
  for (const NamedShape& tensor : ExpectedTensors(config)) {
    int64_t size = 1;
    for (int64_t dimension : tensor.shape) size *= dimension;
    total += size;
  }
  return total;
}

// Published parameter counts.
TEST(ExpectedTensors, AddUpToThePublishedSizes) {
  ModelConfig smollm2;  // SmolLM2-135M
  smollm2.vocab_size = 49152;
  smollm2.hidden_size = 576;
  smollm2.num_layers = 30;
  smollm2.num_heads = 9;
  smollm2.num_kv_heads = 3;
  smollm2.head_size = 64;
  smollm2.intermediate_size = 1536;
  smollm2.tie_head = true;
  EXPECT_EQ(NumParameters(smollm2), 134'515'008);

  ModelConfig countdown;  // docs/countdown.md
  countdown.vocab_size = 119;
  countdown.hidden_size = 96;
  countdown.num_layers = 4;
  countdown.num_heads = 4;
  countdown.num_kv_heads = 4;
  countdown.head_size = 24;
  countdown.intermediate_size = 192;
  EXPECT_EQ(NumParameters(countdown), 392'352);

  ModelConfig qwen2;  // Qwen2.5-0.5B
  qwen2.family = ModelFamily::kQwen2;
  qwen2.vocab_size = 151936;
  qwen2.hidden_size = 896;
  qwen2.num_layers = 24;
  qwen2.num_heads = 14;
  qwen2.num_kv_heads = 2;
  qwen2.head_size = 64;
  qwen2.intermediate_size = 4864;
  qwen2.tie_head = true;
  EXPECT_EQ(NumParameters(qwen2), 494'032'768);

  ModelConfig qwen3;  // Qwen3-0.6B
  qwen3.family = ModelFamily::kQwen3;
  qwen3.vocab_size = 151936;
  qwen3.hidden_size = 1024;
  qwen3.num_layers = 28;
  qwen3.num_heads = 16;
  qwen3.num_kv_heads = 8;
  qwen3.head_size = 128;
  qwen3.intermediate_size = 3072;
  qwen3.tie_head = true;
  EXPECT_EQ(NumParameters(qwen3), 596'049'920);
}

TEST(ExpectedTensors, HaveHuggingFacesNamesAndShapes) {
  ModelConfig config = TinyModelConfig();
  const std::vector<NamedShape> tensors = ExpectedTensors(config);
  EXPECT_EQ(tensors.size(), 2u * 9 + 3);
  EXPECT_THAT(tensors, Contains(NamedShape{"model.embed_tokens.weight", {11, 12}}));
  EXPECT_THAT(tensors, Contains(NamedShape{"model.layers.1.self_attn.q_proj.weight", {16, 12}}));
  EXPECT_THAT(tensors, Contains(NamedShape{"model.layers.1.self_attn.v_proj.weight", {8, 12}}));
  EXPECT_THAT(tensors, Contains(NamedShape{"model.layers.0.self_attn.o_proj.weight", {12, 16}}));
  EXPECT_THAT(tensors, Contains(NamedShape{"model.layers.0.mlp.down_proj.weight", {12, 20}}));
  EXPECT_THAT(tensors, Contains(NamedShape{"lm_head.weight", {11, 12}}));
  config.tie_head = true;
  EXPECT_EQ(ExpectedTensors(config).size(), tensors.size() - 1);
}

TEST(ExpectedTensors, FollowTheFamily) {
  ModelConfig config = TinyModelConfig();
  const size_t plain = ExpectedTensors(config).size();
  config.family = ModelFamily::kQwen2;
  std::vector<NamedShape> tensors = ExpectedTensors(config);
  EXPECT_EQ(tensors.size(), plain + 2u * 3);
  EXPECT_THAT(tensors, Contains(NamedShape{"model.layers.0.self_attn.q_proj.bias", {16}}));
  EXPECT_THAT(tensors, Contains(NamedShape{"model.layers.1.self_attn.v_proj.bias", {8}}));
  config.family = ModelFamily::kQwen3;
  tensors = ExpectedTensors(config);
  EXPECT_EQ(tensors.size(), plain + 2u * 2);
  EXPECT_THAT(tensors, Contains(NamedShape{"model.layers.0.self_attn.q_norm.weight", {4}}));
  EXPECT_THAT(tensors, Contains(NamedShape{"model.layers.1.self_attn.k_norm.weight", {4}}));
}

std::string Fault(const std::function<void(std::vector<NamedShape>&)>& spoil, bool tie_head) {
  ModelConfig config = TinyModelConfig();
  config.tie_head = tie_head;
  std::vector<NamedShape> tensors = ExpectedTensors(config);
  spoil(tensors);
  return std::string(CheckTensors(config, tensors).message());
}

TEST(ExpectedTensors, CheckNamesWhatIsMissingUnknownOrMisshapen) {
  EXPECT_EQ(Fault([](auto&) {}, false), "");
  EXPECT_THAT(Fault([](auto& t) { t.erase(t.begin() + 1); }, false),
              HasSubstr("\"model.layers.0.input_layernorm.weight\" is missing"));
  EXPECT_THAT(Fault([](auto& t) { t.pop_back(); }, false), HasSubstr("\"lm_head.weight\""));
  EXPECT_THAT(Fault(
                  [](auto& t) {
                    t.push_back({"model.layers.2.x", {1}});
                  },
                  false),
              HasSubstr("\"model.layers.2.x\" is not one"));
  EXPECT_THAT(Fault([](auto& t) { t.push_back(t[0]); }, false), HasSubstr("given twice"));
  EXPECT_THAT(Fault(
                  [](auto& t) {
                    t[0].shape = {12, 11};
                  },
                  false),
              HasSubstr("has the shape [12, 11]; by config.json it must be [11, 12]"));
}

TEST(ExpectedTensors, CheckLetsThroughWhatOtherWritersAdd) {
  EXPECT_EQ(Fault([](auto& t) { t.push_back({"lm_head.weight", {11, 12}}); }, true), "");
  EXPECT_EQ(Fault(
                [](auto& t) {
                  t.push_back({"model.layers.0.self_attn.rotary_emb.inv_freq", {2}});
                },
                false),
            "");
}

}  // namespace
}  // namespace gyre::weights
