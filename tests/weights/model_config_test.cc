#include "weights/model_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "tests/weights/tiny_model.h"

namespace gyre::weights {
namespace {

using testing::HasSubstr;

void ExpectRefused(const std::function<void(ModelConfig&)>& spoil, const std::string& words) {
  ModelConfig config = TinyModelConfig();
  spoil(config);
  absl::Status status = CheckModelConfig(config);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << words;
  EXPECT_THAT(std::string(status.message()), HasSubstr(words));
}

TEST(ModelConfig, AcceptsASmallModel) { EXPECT_TRUE(CheckModelConfig(TinyModelConfig()).ok()); }

TEST(ModelConfig, AcceptsTheLargestHeads) {
  ModelConfig config = TinyModelConfig();
  config.head_size = kMostHeadSize;
  EXPECT_TRUE(CheckModelConfig(config).ok());
}

TEST(ModelConfig, NamesTheSizeThatIsImpossible) {
  ExpectRefused([](ModelConfig& c) { c.vocab_size = 0; }, "vocab_size");
  ExpectRefused([](ModelConfig& c) { c.hidden_size = -1; }, "hidden_size");
  ExpectRefused([](ModelConfig& c) { c.num_layers = 0; }, "num_hidden_layers");
  ExpectRefused([](ModelConfig& c) { c.num_heads = 0; }, "num_attention_heads");
  ExpectRefused([](ModelConfig& c) { c.num_kv_heads = 3; }, "does not divide");
  ExpectRefused([](ModelConfig& c) { c.num_kv_heads = 0; }, "num_key_value_heads");
  ExpectRefused([](ModelConfig& c) { c.head_size = 5; }, "head_dim is 5; it must be even");
  ExpectRefused([](ModelConfig& c) { c.head_size = 514; },
                "head_dim is 514; it must be at most 512");
  ExpectRefused([](ModelConfig& c) { c.intermediate_size = int64_t{1} << 40; },
                "intermediate_size");
  ExpectRefused([](ModelConfig& c) { c.max_positions = 0; }, "max_position_embeddings");
  ExpectRefused([](ModelConfig& c) { c.num_heads = c.num_kv_heads = 1 << 30; },
                "num_attention_heads");
  ExpectRefused([](ModelConfig& c) { c.rms_norm_epsilon = 0; }, "rms_norm_eps");
  ExpectRefused([](ModelConfig& c) { c.rope_theta = std::numeric_limits<double>::infinity(); },
                "rope_theta");
  ExpectRefused([](ModelConfig& c) { c.rope_theta = 0.5; }, "rope_theta");
  ExpectRefused([](ModelConfig& c) { c.num_layers = 5000; }, "num_hidden_layers is 5000");
  ExpectRefused([](ModelConfig& c) { c.max_positions = 1 << 28; },
                "max_position_embeddings · head_dim");
}

TEST(ModelConfig, NamesWhatIsWrongWithTheStretchOfRope) {
  const auto refused = [](const std::function<void(RopeScaling&)>& spoil, const char* words) {
    ExpectRefused(
        [&](ModelConfig& c) {
          c.rope_scaling.emplace();
          spoil(*c.rope_scaling);
        },
        words);
  };
  ModelConfig config = TinyModelConfig();
  config.rope_scaling.emplace();
  EXPECT_TRUE(CheckModelConfig(config).ok());
  refused([](RopeScaling& s) { s.factor = 0.5; }, "factor");
  refused([](RopeScaling& s) { s.factor = std::nan(""); }, "factor");
  refused([](RopeScaling& s) { s.low_freq_factor = 0; }, "low_freq_factor");
  refused([](RopeScaling& s) { s.high_freq_factor = s.low_freq_factor; }, "high_freq_factor");
  refused([](RopeScaling& s) { s.original_max_positions = 0; }, "original_max_position_embeddings");
}

TEST(ModelConfig, NamesTheTokenOutsideTheVocabulary) {
  ExpectRefused([](ModelConfig& c) { c.eos_token_ids = {2, 11}; }, "eos_token_id 11");
  ExpectRefused([](ModelConfig& c) { c.bos_token_id = -1; }, "bos_token_id -1");
  ExpectRefused([](ModelConfig& c) { c.pad_token_id = 99; }, "pad_token_id 99");
}

}  // namespace
}  // namespace gyre::weights
