#include "weights/config_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/weights/tiny_model.h"

namespace gyre::weights {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

// As meta-llama and SmolLM2 have it in the words of transformers 4, on a small scale.
json OldConfig() {
  return json::parse(R"({
    "architectures": ["LlamaForCausalLM"], "attention_bias": false, "bos_token_id": 1,
    "eos_token_id": 2, "hidden_act": "silu", "hidden_size": 576, "intermediate_size": 1536,
    "max_position_embeddings": 8192, "model_type": "llama", "num_attention_heads": 9,
    "num_hidden_layers": 30, "num_key_value_heads": 3, "rms_norm_eps": 1e-05,
    "rope_scaling": null, "rope_theta": 100000, "tie_word_embeddings": true,
    "torch_dtype": "bfloat16", "transformers_version": "4.42.3", "vocab_size": 49152
  })");
}

absl::StatusOr<ModelConfig> Parse(const json& root) { return ParseConfigJson(root.dump()); }

void ExpectError(const char* key, const json& value, absl::StatusCode code,
                 const std::string& words) {
  json root = OldConfig();
  root[key] = value;
  absl::Status status = Parse(root).status();
  EXPECT_EQ(status.code(), code) << key << ": " << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(words));
}

constexpr auto kUnsupported = absl::StatusCode::kUnimplemented;
constexpr auto kWrong = absl::StatusCode::kInvalidArgument;

TEST(ConfigJson, ReadsTheKeysOfTransformers4) {
  absl::StatusOr<ModelConfig> config = Parse(OldConfig());
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->vocab_size, 49152);
  EXPECT_EQ(config->hidden_size, 576);
  EXPECT_EQ(config->num_layers, 30);
  EXPECT_EQ(config->num_heads, 9);
  EXPECT_EQ(config->num_kv_heads, 3);
  EXPECT_EQ(config->head_size, 64);
  EXPECT_EQ(config->intermediate_size, 1536);
  EXPECT_EQ(config->max_positions, 8192);
  EXPECT_EQ(config->rms_norm_epsilon, 1e-5f);
  EXPECT_EQ(config->rope_theta, 100000);
  EXPECT_TRUE(config->tie_head);
  EXPECT_EQ(config->bos_token_id, 1);
  EXPECT_THAT(config->eos_token_ids, ElementsAre(2));
  EXPECT_EQ(config->pad_token_id, std::nullopt);
}

TEST(ConfigJson, ReadsTheKeysOfTransformers5) {
  json root = OldConfig();
  root.erase("rope_theta");
  root.erase("rope_scaling");
  root.erase("torch_dtype");
  root["dtype"] = "bfloat16";
  root["rope_parameters"] = {{"rope_theta", 500000.0}, {"rope_type", "default"}};
  root["head_dim"] = 32;
  root["eos_token_id"] = {2, 7};
  root["pad_token_id"] = -1;
  absl::StatusOr<ModelConfig> config = Parse(root);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->rope_theta, 500000);
  EXPECT_EQ(config->head_size, 32);
  EXPECT_THAT(config->eos_token_ids, ElementsAre(2, 7));
  EXPECT_EQ(config->pad_token_id, std::nullopt);
}

TEST(ConfigJson, GivesAbsentKeysTheValuesOfLlamaConfig) {
  json root = OldConfig();
  for (const char* key : {"num_key_value_heads", "rms_norm_eps", "rope_theta", "eos_token_id",
                          "max_position_embeddings", "tie_word_embeddings", "architectures"}) {
    root.erase(key);
  }
  absl::StatusOr<ModelConfig> config = Parse(root);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->num_kv_heads, 9);
  EXPECT_EQ(config->rms_norm_epsilon, 1e-6f);
  EXPECT_EQ(config->rope_theta, 10000);
  EXPECT_EQ(config->max_positions, 2048);
  EXPECT_FALSE(config->tie_head);
  EXPECT_THAT(config->eos_token_ids, ElementsAre());
}

TEST(ConfigJson, NamesWhatIsNotSupported) {
  ExpectError("model_type", "gemma3", kUnsupported,
              "\"model_type\": \"gemma3\" is not supported; known are llama, qwen2, qwen3");
  ExpectError("model_type", "qwen2", kUnsupported, "\"architectures\": [\"LlamaForCausalLM\"]");
  ExpectError("architectures", {"LlamaForTokenClassification"}, kUnsupported, "architectures");
  ExpectError("attention_bias", true, kUnsupported, "\"attention_bias\": true");
  ExpectError("mlp_bias", true, kUnsupported, "mlp_bias");
  ExpectError("hidden_act", "gelu", kUnsupported, "gelu");
  ExpectError("quantization_config", {{"bits", 4}}, kUnsupported, "quantization_config");
  ExpectError("sliding_window", 4096, kUnsupported, "\"sliding_window\": 4096");
  ExpectError("rope_scaling", {{"type", "linear"}, {"factor", 2}}, kUnsupported, "linear");
  ExpectError("rope_parameters", {{"rope_type", "yarn"}}, kUnsupported, "yarn");
  ExpectError("rope_parameters", {{"partial_rotary_factor", 0.5}}, kUnsupported, "partial_rotary");
}

TEST(ConfigJson, NamesTheKeyThatIsWrong) {
  for (const char* key : {"vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads",
                          "intermediate_size"}) {
    ExpectError(key, nullptr, kWrong, key);
    ExpectError(key, "7", kWrong, key);
    ExpectError(key, 1.5, kWrong, key);
    ExpectError(key, 0, kWrong, key);
    ExpectError(key, uint64_t{1} << 63, kWrong, key);
  }
  ExpectError("model_type", nullptr, kWrong, "model_type");
  ExpectError("num_key_value_heads", 4, kWrong, "num_key_value_heads");
  ExpectError("rope_theta", "big", kWrong, "rope_theta");
  ExpectError("rope_theta", -1, kWrong, "rope_theta");
  ExpectError("rope_parameters", 3, kWrong, "rope_parameters");
  ExpectError("tie_word_embeddings", 1, kWrong, "tie_word_embeddings");
  ExpectError("eos_token_id", "</s>", kWrong, "eos_token_id");
  ExpectError("eos_token_id", 49152, kWrong, "eos_token_id");
  ExpectError("hidden_size", 577, kWrong, "head_dim");
  ExpectError("rope_scaling", {{"rope_type", "llama3"}}, kWrong, "\"factor\" is missing");
  EXPECT_EQ(ParseConfigJson("{").status().code(), kWrong);
  const std::string deep = std::string(100000, '[') + std::string(100000, ']');
  EXPECT_THAT(std::string(ParseConfigJson("{\"model_type\": " + deep + "}").status().message()),
              HasSubstr("nested too deep"));
  EXPECT_EQ(ParseConfigJson("[]").status().code(), kWrong);
}

json Llama3() {
  return {{"rope_type", "llama3"},
          {"factor", 32.0},
          {"low_freq_factor", 1.0},
          {"high_freq_factor", 4.0},
          {"original_max_position_embeddings", 8192}};
}

TEST(ConfigJson, ReadsLlama3sStretchOfRopeInTheWordsOfBothVersions) {
  json old = OldConfig();
  old["rope_scaling"] = Llama3();
  json present = OldConfig();
  present.erase("rope_theta");
  present["rope_parameters"] = Llama3();
  present["rope_parameters"]["rope_theta"] = 100000.0;
  json both = old;
  both["rope_parameters"] = present["rope_parameters"];
  for (const json& root : {old, present, both}) {
    absl::StatusOr<ModelConfig> config = Parse(root);
    ASSERT_TRUE(config.ok()) << config.status();
    EXPECT_EQ(config->rope_theta, 100000);
    const RopeScaling expected = {
        .factor = 32, .low_freq_factor = 1, .high_freq_factor = 4, .original_max_positions = 8192};
    EXPECT_EQ(config->rope_scaling, expected);
    EXPECT_EQ(*ParseConfigJson(ConfigJson(*config)), *config);
  }
  both["rope_scaling"]["factor"] = 8.0;
  EXPECT_THAT(std::string(Parse(both).status().message()), HasSubstr("say different things"));
}

// As Qwen/Qwen2.5-0.5B has it.
json QwenConfig() {
  return json::parse(R"({
    "architectures": ["Qwen2ForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 151643,
    "eos_token_id": 151643, "hidden_act": "silu", "hidden_size": 896, "intermediate_size": 4864,
    "max_position_embeddings": 32768, "max_window_layers": 24, "model_type": "qwen2",
    "num_attention_heads": 14, "num_hidden_layers": 24, "num_key_value_heads": 2,
    "rms_norm_eps": 1e-06, "rope_theta": 1000000.0, "sliding_window": 32768,
    "tie_word_embeddings": true, "torch_dtype": "bfloat16", "use_cache": true, "use_mrope": false,
    "use_sliding_window": false, "vocab_size": 151936
  })");
}

TEST(ConfigJson, ReadsQwen2) {
  absl::StatusOr<ModelConfig> config = Parse(QwenConfig());
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->family, ModelFamily::kQwen2);
  EXPECT_TRUE(config->has_qkv_bias());
  EXPECT_FALSE(config->has_qk_norm());
  EXPECT_EQ(config->head_size, 64);
  EXPECT_EQ(config->rope_theta, 1e6);
  EXPECT_EQ(*ParseConfigJson(ConfigJson(*config)), *config);
}

// As Qwen/Qwen3-0.6B has it: the heads together are wider than the hidden size.
TEST(ConfigJson, ReadsQwen3) {
  json root = QwenConfig();
  root["model_type"] = "qwen3";
  root["architectures"] = {"Qwen3ForCausalLM"};
  root["hidden_size"] = 1024;
  root["num_attention_heads"] = 16;
  root["num_key_value_heads"] = 8;
  root["attention_bias"] = false;
  root["sliding_window"] = nullptr;
  for (const bool named : {true, false}) {
    if (named) root["head_dim"] = 128;
    if (!named) root.erase("head_dim");
    absl::StatusOr<ModelConfig> config = Parse(root);
    ASSERT_TRUE(config.ok()) << config.status();
    EXPECT_EQ(config->family, ModelFamily::kQwen3);
    EXPECT_TRUE(config->has_qk_norm());
    EXPECT_FALSE(config->has_qkv_bias());
    EXPECT_EQ(config->head_size, 128) << "Qwen3Config's default";
    EXPECT_EQ(*ParseConfigJson(ConfigJson(*config)), *config);
  }
  root["attention_bias"] = true;
  EXPECT_EQ(Parse(root).status().code(), kUnsupported);
}

TEST(ConfigJson, RefusesASlidingWindowThatIsInUse) {
  json root = QwenConfig();
  root["use_sliding_window"] = true;
  EXPECT_TRUE(Parse(root).ok()) << "the window begins at layer 24 of 24";
  root["max_window_layers"] = 21;
  EXPECT_THAT(std::string(Parse(root).status().message()),
              HasSubstr("\"use_sliding_window\": true is not supported"));
  root["sliding_window"] = nullptr;
  EXPECT_TRUE(Parse(root).ok());
  root["layer_types"] = {"full_attention", "sliding_attention"};
  EXPECT_THAT(std::string(Parse(root).status().message()),
              HasSubstr("\"layer_types\": \"sliding_attention\""));
}

TEST(ConfigJson, ReadsBackWhatItWrites) {
  ModelConfig config = TinyModelConfig();
  EXPECT_EQ(*ParseConfigJson(ConfigJson(config)), config);
  config.eos_token_ids = {2, 5};
  config.bos_token_id.reset();
  config.pad_token_id.reset();
  config.tie_head = true;
  config.rope_theta = 123456.789;
  config.rms_norm_epsilon = 3.3e-7f;
  EXPECT_EQ(*ParseConfigJson(ConfigJson(config)), config);
  config.eos_token_ids = {};
  EXPECT_EQ(*ParseConfigJson(ConfigJson(config)), config);
}

TEST(ConfigJson, WritesTheKeysOfBothVersions) {
  const json root = json::parse(ConfigJson(TinyModelConfig()));
  EXPECT_EQ(root["rope_theta"], root["rope_parameters"]["rope_theta"]);
  EXPECT_EQ(root["torch_dtype"], root["dtype"]);
  EXPECT_THAT(ConfigJson(TinyModelConfig()), HasSubstr("\"rms_norm_eps\": 1e-05"));
}

TEST(ConfigJson, GenerationConfigHoldsTheTokens) {
  ModelConfig config = TinyModelConfig();
  config.eos_token_ids = {2, 5};
  const json root = json::parse(GenerationConfigJson(config));
  EXPECT_EQ(root["eos_token_id"], json::array({2, 5}));
  EXPECT_EQ(root["bos_token_id"], 1);
  EXPECT_EQ(root["pad_token_id"], 0);
}

}  // namespace
}  // namespace gyre::weights
