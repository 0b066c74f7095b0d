// Spoilt files of every format that weights/ reads. Whatever comes out is refused with a reason or
// can be read whole.
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "tests/fuzz/mutator.h"
#include "tests/fuzz/outcomes.h"
#include "tests/weights/tiny_gguf.h"
#include "weights/config_json.h"
#include "weights/expected_tensors.h"
#include "weights/gguf_format.h"
#include "weights/gguf_tokenizer.h"
#include "weights/safetensors_index.h"
#include "weights/stored_model.h"

namespace gyre::weights {
namespace {

std::string SmallGguf() {
  ModelConfig config = TinyModelConfig();
  config.num_layers = 1;
  GgufBuilder builder = TinyGguf(config);
  builder.String("tokenizer.ggml.model", "gpt2")
      .String("tokenizer.ggml.pre", "smollm")
      .Strings("tokenizer.ggml.tokens", {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"})
      .Strings("tokenizer.ggml.merges", {"a b", "c d"})
      .Uint32("general.alignment", 32);
  return builder.Bytes();
}

const std::vector<std::string>& GgufWords() {
  static const std::vector<std::string> words = {GgufString("general.alignment"),
                                                 GgufString("llama.block_count"),
                                                 GgufString("qwen3"),
                                                 BytesOf(uint32_t{9}),
                                                 BytesOf(uint32_t{8}) + BytesOf(uint64_t{1} << 63),
                                                 BytesOf(uint32_t{3}),
                                                 BytesOf(uint64_t{32})};
  return words;
}

// Reads every tensor that the config says there is.
void ReadWhole(const StoredModel& model) {
  for (const NamedShape& tensor : ExpectedTensors(model.config())) {
    size_t size = 1;
    for (const int64_t dimension : tensor.shape) size *= static_cast<size_t>(dimension);
    std::vector<float> values(size);
    EXPECT_TRUE(model.CopyTensor(tensor.name, values).ok());
  }
}

TEST(WeightsFuzz, Gguf) {
  const std::string sound = SmallGguf();
  const size_t header_bytes = 3000;
  const std::string path = testing::TempDir() + "/weights_fuzz_test.gguf";
  Outcomes parsed, opened;
  for (uint64_t number = 0; number < 20000; ++number) {
    Mutator mutator("gguf", number, GgufWords());
    const ExactBytes spoilt(mutator.Spoil(sound, header_bytes));
    const absl::StatusOr<GgufContent> content = ParseGguf(spoilt.view());
    parsed.Add(content.status());
    if (!content.ok()) continue;
    (void)ReadGgufTokenizer(content->metadata);
    std::ofstream(path, std::ios::binary) << spoilt.view();  // not durable: this is quick
    const auto model = OpenModel(path);
    opened.Add(model.status());
    if (model.ok()) ReadWhole(**model);
  }
  EXPECT_GT(parsed.refused, 5000);
  EXPECT_GT(parsed.read, 300);
  EXPECT_GT(opened.refused, 100);
  EXPECT_GT(opened.read, 100) << "changes of weights are harmless";
}

TEST(WeightsFuzz, ConfigJson) {
  const std::vector<std::string> words = {
      "{",    "}",     "[",    "]",     ",",    ":",   "\"", "0",    "-1",      "1e999", "1",
      "null", "qwen2", "true", "qwen3", "2e18", "\\u", "{}", "[[[[", "9999999", "llama3"};
  ModelConfig config = TinyModelConfig();
  config.rope_scaling.emplace();
  Outcomes outcomes;
  for (const ModelFamily family : {ModelFamily::kLlama, ModelFamily::kQwen2, ModelFamily::kQwen3}) {
    config.family = family;
    const std::string sound = ConfigJson(config);
    for (uint64_t number = 0; number < 5000; ++number) {
      Mutator mutator(ModelTypeOf(family), number, words);
      const ExactBytes spoilt(mutator.Spoil(sound, sound.size()));
      const absl::StatusOr<ModelConfig> read = ParseConfigJson(spoilt.view());
      outcomes.Add(read.status());
      if (!read.ok()) continue;
      EXPECT_EQ(*ParseConfigJson(ConfigJson(*read)), *read);
    }
  }
  EXPECT_GT(outcomes.refused, 5000);
  EXPECT_GT(outcomes.read, 300);
}

TEST(WeightsFuzz, SafetensorsIndex) {
  const std::vector<std::string> words = {
      "{", "}", "[", "]", ",", ":", "\"", "../", "null", "\\u0000", ".safetensors", "weight_map"};
  SafetensorsIndex index;
  for (const NamedShape& tensor : ExpectedTensors(TinyModelConfig())) {
    index.file_of_tensor[tensor.name] =
        index.file_of_tensor.size() % 2 == 0 ? "a.safetensors" : "b.safetensors";
  }
  const std::string sound = SafetensorsIndexJson(index);
  Outcomes outcomes;
  for (uint64_t number = 0; number < 10000; ++number) {
    Mutator mutator("index", number, words);
    const ExactBytes spoilt(mutator.Spoil(sound, sound.size()));
    const absl::StatusOr<SafetensorsIndex> read = ParseSafetensorsIndex(spoilt.view());
    outcomes.Add(read.status());
    if (!read.ok()) continue;
    for (const std::string& file : read->Files()) {
      EXPECT_EQ(file.find('/'), file.npos);
      EXPECT_NE(file.front(), '.');
    }
  }
  EXPECT_GT(outcomes.refused, 3000);
  EXPECT_GT(outcomes.read, 300);
}

}  // namespace
}  // namespace gyre::weights
