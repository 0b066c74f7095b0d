// `gyre convert`: a folder from a folder or from a GGUF file, whole or not at all.
#include "cli/convert/convert.h"

#include <cstdlib>
#include <fstream>
#include <limits>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/load_parameters.h"
#include "spec/model_tokenizer.h"
#include "tests/base/temporary_folder.h"
#include "tests/model/tiny_models.h"
#include "tests/weights/tiny_gguf.h"
#include "text/countdown_tokenizer.h"
#include "weights/hf_folder_writer.h"
#include "weights/stored_model.h"

namespace gyre::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ConvertTest : public testing::Test {
 protected:
  absl::StatusOr<Converted> Run(const std::string& model, const std::string& out) {
    return Convert({.model = folder_ / model, .out = folder_ / out}, [](const Converted&) {});
  }
  std::string Refusal(const std::string& model, const std::string& out) {
    return std::string(Run(model, out).status().message());
  }
  void WriteModel(const model::Parameters& parameters) {
    ASSERT_TRUE(weights::WriteHfFolder(folder_ / "model", parameters.config(),
                                       model::TensorsOf(parameters),
                                       text::CountdownTokenizerFiles())
                    .ok());
  }

  base::TemporaryFolder folder_;
};

// A GGUF file of the tiny model with a byte-level tokenizer of as many tokens.
std::string TinyGgufWithTokenizer(const weights::ModelConfig& config) {
  return weights::TinyGguf(config)
      .String("tokenizer.ggml.model", "gpt2")
      .String("tokenizer.ggml.pre", "smollm")
      .Strings("tokenizer.ggml.tokens", {"a", "b", "c", "d", "e", "f", "g", "ab", "cd", "h", "i"})
      .Strings("tokenizer.ggml.merges", {"a b", "c d"})
      .String("tokenizer.chat_template", "{{ messages }}")
      .Bytes();
}

TEST_F(ConvertTest, AGgufFileBecomesAFolderOfTheSameModel) {
  const weights::ModelConfig config = weights::TinyModelConfig();
  std::ofstream(folder_ / "m.gguf", std::ios::binary) << TinyGgufWithTokenizer(config);
  const auto converted = Run("m.gguf", "out/");
  ASSERT_TRUE(converted.ok()) << converted.status();
  EXPECT_EQ(converted->tensors, converted->all_tensors);
  const auto from = weights::OpenModel(folder_ / "m.gguf");
  const auto to = weights::OpenModel(folder_ / "out");
  ASSERT_TRUE(to.ok()) << to.status();
  EXPECT_EQ((*to)->config(), config);
  EXPECT_EQ(model::LoadParameters(**to)->flat(), model::LoadParameters(**from)->flat());
  EXPECT_THAT(*base::ListFolder(folder_ / "out"),
              ElementsAre("chat_template.jinja", "config.json", "generation_config.json",
                          "model.safetensors", "tokenizer.json", "tokenizer_config.json"));
  for (const char* path : {"m.gguf", "out"}) {
    const auto tokenizer = spec::LoadModelTokenizer(folder_ / path);
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
    EXPECT_THAT(*(*tokenizer)->Encode("abcde"), ElementsAre(7, 8, 4));
    EXPECT_THAT((*tokenizer)->eos_ids(), ElementsAre(2));
  }
}

TEST_F(ConvertTest, AFolderBecomesAnEqualFolder) {
  weights::ModelConfig config = model::CountdownConfig();
  config.family = weights::ModelFamily::kQwen2;
  const model::Parameters parameters = model::Parameters::FromSeed(config, 4);
  WriteModel(parameters);
  ASSERT_TRUE(Run("model", "out").ok());
  for (const char* name : {"config.json", "model.safetensors", "tokenizer.json"}) {
    EXPECT_EQ(*base::ReadFile(folder_ / "out/" + name), *base::ReadFile(folder_ / "model/" + name));
  }
}

TEST_F(ConvertTest, WritesOverNothingAndLeavesNothingBehind) {
  WriteModel(model::Parameters::FromSeed(model::CountdownConfig(), 4));
  ASSERT_TRUE(base::CreateFolders(folder_ / "there").ok());
  EXPECT_THAT(Refusal("model", "there"), HasSubstr("there is there already"));
  EXPECT_THAT(Refusal("none", "out"), HasSubstr("none"));
  model::Parameters spoilt = model::Parameters::FromSeed(model::CountdownConfig(), 4);
  spoilt.tensor("model.layers.2.mlp.up_proj.weight")[7] = std::numeric_limits<float>::infinity();
  WriteModel(spoilt);
  EXPECT_THAT(Refusal("model", "out"),
              HasSubstr("tensor model.layers.2.mlp.up_proj.weight has elements that are not"));
  EXPECT_THAT(*base::ListFolder(folder_ / ""), ElementsAre("model", "there"));
}

}  // namespace
}  // namespace gyre::cli
