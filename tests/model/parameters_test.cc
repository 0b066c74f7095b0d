#include "model/parameters.h"

#include <bit>
#include <cmath>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "model/normal_draw.h"
#include "tests/model/tiny_models.h"

namespace gyre::model {
namespace {

double Mean(absl::Span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value);
  return sum / static_cast<double>(values.size());
}

double Std(absl::Span<const float> values) {
  const double mean = Mean(values);
  double sum = 0;
  for (const float value : values) sum += std::pow(static_cast<double>(value) - mean, 2);
  return std::sqrt(sum / static_cast<double>(values.size()));
}

TEST(ParameterLayout, HasHuggingFacesTensorsWithoutGaps) {
  const ParameterLayout layout(CountdownConfig());
  EXPECT_EQ(layout.size(), 392352);  // countdown.md
  int64_t end = 0;
  for (const TensorPlace& tensor : layout.tensors()) {
    EXPECT_EQ(tensor.offset, end) << tensor.name;
    end += tensor.size;
  }
  EXPECT_EQ(end, layout.size());
  EXPECT_EQ(layout.tensors().front().name, "model.embed_tokens.weight");
  EXPECT_EQ(layout.tensors().back().name, "lm_head.weight");
  ASSERT_NE(layout.Find("model.layers.3.mlp.down_proj.weight"), nullptr);
  EXPECT_EQ(layout.Find("model.layers.3.mlp.down_proj.weight")->shape,
            (std::vector<int64_t>{96, 192}));
  EXPECT_EQ(layout.Find("model.layers.4.mlp.down_proj.weight"), nullptr);
}

TEST(ParameterLayout, PutsWhatIsOneMatrixSideBySide) {
  const ParameterLayout layout(TinyConfig());
  for (int64_t i = 0; i < layout.config().num_layers; ++i) {
    const std::string layer = "model.layers." + std::to_string(i);
    const TensorPlace* q = layout.Find(layer + ".self_attn.q_proj.weight");
    const TensorPlace* k = layout.Find(layer + ".self_attn.k_proj.weight");
    const TensorPlace* v = layout.Find(layer + ".self_attn.v_proj.weight");
    EXPECT_EQ(layout.layer(i).qkv, q->offset);
    EXPECT_EQ(q->offset + q->size, k->offset);
    EXPECT_EQ(k->offset + k->size, v->offset);
    const TensorPlace* gate = layout.Find(layer + ".mlp.gate_proj.weight");
    EXPECT_EQ(layout.layer(i).gate_up, gate->offset);
    EXPECT_EQ(gate->offset + gate->size, layout.Find(layer + ".mlp.up_proj.weight")->offset);
  }
}

TEST(ParameterLayout, ATiedHeadIsTheEmbedding) {
  const ParameterLayout layout(TinyConfig(/*tie_head=*/true));
  EXPECT_EQ(layout.head(), layout.embedding());
  EXPECT_EQ(layout.Find("lm_head.weight"), nullptr);
  EXPECT_EQ(layout.size(), ParameterLayout(TinyConfig()).size() - 37 * 20);
}

TEST(ParameterLayout, HasPlacesForWhatAFamilyHasBesides) {
  for (const NamedConfig& named : TinyConfigs()) {
    const ParameterLayout layout(named.config);
    const std::string layer = "model.layers.1.self_attn.";
    for (const char* name : {"q_proj.bias", "k_proj.bias", "v_proj.bias"}) {
      EXPECT_EQ(layout.Find(layer + name) != nullptr, named.config.has_qkv_bias()) << named.name;
    }
    for (const char* name : {"q_norm.weight", "k_norm.weight"}) {
      EXPECT_EQ(layout.Find(layer + name) != nullptr, named.config.has_qk_norm()) << named.name;
    }
    if (named.config.has_qkv_bias()) {  // one vector
      const TensorPlace* q = layout.Find(layer + "q_proj.bias");
      const TensorPlace* k = layout.Find(layer + "k_proj.bias");
      const TensorPlace* v = layout.Find(layer + "v_proj.bias");
      EXPECT_EQ(layout.layer(1).qkv_bias, q->offset);
      EXPECT_EQ(q->offset + q->size, k->offset);
      EXPECT_EQ(k->offset + k->size, v->offset);
      EXPECT_FALSE(q->is_matrix()) << "biases have no weight decay";
    }
    if (named.config.has_qk_norm()) {
      EXPECT_EQ(layout.layer(1).q_norm, layout.Find(layer + "q_norm.weight")->offset);
      EXPECT_EQ(layout.layer(1).k_norm, layout.Find(layer + "k_norm.weight")->offset);
      EXPECT_EQ(layout.Find(layer + "q_norm.weight")->size, named.config.head_size);
    }
  }
}

TEST(Parameters, FromSeedHaveNormsOfOneAndBiasesOfZero) {
  for (const NamedConfig& named : TinyConfigs()) {
    const Parameters parameters = Parameters::FromSeed(named.config, 1);
    for (const TensorPlace& place : parameters.layout().tensors()) {
      if (place.is_matrix()) continue;
      for (const float value : parameters.tensor(place.name)) {
        EXPECT_EQ(value, place.is_bias() ? 0.0f : 1.0f) << place.name;
      }
    }
  }
}

TEST(Parameters, FromSeedHaveTheRightSpread) {
  const Parameters parameters = Parameters::FromSeed(CountdownConfig(), 1);
  const auto std_of = [&](const char* name) { return Std(parameters.tensor(name)); };
  EXPECT_NEAR(std_of("model.embed_tokens.weight"), 0.02, 0.0004);
  EXPECT_NEAR(std_of("lm_head.weight"), 0.02, 0.0004);
  EXPECT_NEAR(std_of("model.layers.0.self_attn.q_proj.weight"), 1 / std::sqrt(96.0), 0.003);
  EXPECT_NEAR(std_of("model.layers.1.mlp.up_proj.weight"), 1 / std::sqrt(96.0), 0.003);
  EXPECT_NEAR(std_of("model.layers.2.self_attn.o_proj.weight"), 1 / std::sqrt(96.0 * 8), 0.001);
  EXPECT_NEAR(std_of("model.layers.3.mlp.down_proj.weight"), 1 / std::sqrt(192.0 * 8), 0.001);
  EXPECT_NEAR(Mean(parameters.tensor("lm_head.weight")), 0, 0.0008);
  for (const float value : parameters.tensor("model.norm.weight")) EXPECT_EQ(value, 1.0f);
}

TEST(Parameters, FromSeedAreAPureFunctionOfSeedAndTensor) {
  const Parameters a = Parameters::FromSeed(TinyConfig(), 1);
  const Parameters b = Parameters::FromSeed(TinyConfig(), 1);
  const Parameters other = Parameters::FromSeed(TinyConfig(), 2);
  const Parameters tied = Parameters::FromSeed(TinyConfig(true), 1);
  EXPECT_EQ(a.flat(), b.flat());
  EXPECT_NE(a.flat(), other.flat());
  const char* q = "model.layers.0.self_attn.q_proj.weight";
  EXPECT_EQ(a.tensor(q), tied.tensor(q));
  EXPECT_NE(a.tensor(q), a.tensor("model.layers.1.self_attn.q_proj.weight"));
}

// Held fast so that a run's digest does not change under another compiler or processor.
TEST(Parameters, FromSeedKeepTheirBits) {
  const Parameters parameters = Parameters::FromSeed(TinyConfig(), 1);
  uint64_t hash = 14695981039346656037u;  // FNV-1a over the words
  for (const float value : parameters.flat())
    hash = (hash ^ std::bit_cast<uint32_t>(value)) * 1099511628211u;
  EXPECT_EQ(hash, 4401009202788924932u);
}

TEST(Parameters, ACopyIsApart) {
  Parameters parameters = Parameters::FromSeed(TinyConfig(), 1);
  Parameters copy = parameters.Copy();
  EXPECT_EQ(copy.flat(), parameters.flat());
  copy.tensor("model.norm.weight")[0] = 7;
  EXPECT_EQ(parameters.tensor("model.norm.weight")[0], 1.0f);
  EXPECT_TRUE(parameters.tensor("no such tensor").empty());
}

TEST(NormalDraw, AgreesWithTheFormulaInTheCLibrary) {
  const base::CounterRng rng({5, "test"});
  for (uint64_t counter = 0; counter < 2000; ++counter) {
    const base::Uint32x4 words = rng.At(counter);
    const uint64_t a = words[0] | uint64_t{words[1]} << 32;
    const uint64_t b = words[2] | uint64_t{words[3]} << 32;
    const double u = static_cast<double>((a >> 11) + 1) * 0x1p-53;
    const double angle = 2 * M_PI * (static_cast<double>(b >> 11) * 0x1p-53);
    const double radius = std::sqrt(-2 * std::log(u));
    const NormalPair pair = DrawNormals(rng, counter);
    EXPECT_NEAR(pair.first, radius * std::cos(angle), 1e-14);
    EXPECT_NEAR(pair.second, radius * std::sin(angle), 1e-14);
  }
}

}  // namespace
}  // namespace gyre::model
