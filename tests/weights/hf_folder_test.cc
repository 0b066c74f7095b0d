#include "weights/hf_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "tests/weights/tiny_model.h"
#include "weights/config_json.h"
#include "weights/hf_folder_writer.h"

namespace gyre::weights {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class HfFolderTest : public testing::Test {
 protected:
  HfFolderTest() { EXPECT_TRUE(base::RemoveAll(folder_).ok()); }

  absl::Status Write(const ModelConfig& config) {
    const TinyWeights weights(config);
    return WriteHfFolder(folder_, config, weights.tensors(), {{"tokenizer.json", "{}"}});
  }
  // Overwrites a file of a good folder and returns the reader's error.
  absl::Status ErrorWith(const std::string& name, const std::string& contents) {
    EXPECT_TRUE(Write(TinyModelConfig()).ok());
    EXPECT_TRUE(base::WriteFileAtomically(folder_ + "/" + name, contents).ok());
    absl::Status status = ReadHfFolder(folder_).status();
    EXPECT_THAT(std::string(status.message()), HasSubstr(folder_ + "/" + name + ": "));
    return status;
  }

  std::string folder_ = testing::TempDir() + "/hf_folder_test/model";
};

TEST_F(HfFolderTest, ReadsBackWhatItWrote) {
  ASSERT_TRUE(Write(TinyModelConfig()).ok());
  EXPECT_THAT(*base::ListFolder(folder_), ElementsAre("config.json", "generation_config.json",
                                                      "model.safetensors", "tokenizer.json"));
  absl::StatusOr<HfFolder> folder = ReadHfFolder(folder_);
  ASSERT_TRUE(folder.ok()) << folder.status();
  EXPECT_EQ(folder->config(), TinyModelConfig());
  const TinyWeights weights(TinyModelConfig());
  for (const F32Tensor& tensor : weights.tensors()) {
    const TensorView& read = folder->tensor(tensor.name);
    EXPECT_EQ(read.shape, tensor.shape);
    EXPECT_EQ(read.bytes,
              std::string_view(reinterpret_cast<const char*>(tensor.data), read.bytes.size()));
  }
}

TEST_F(HfFolderTest, WritesTheSameBytesAgain) {
  ASSERT_TRUE(Write(TinyModelConfig()).ok());
  std::map<std::string, std::string> first;
  const std::vector<std::string> names = *base::ListFolder(folder_);
  for (const std::string& name : names) first[name] = *base::ReadFile(folder_ + "/" + name);
  ASSERT_TRUE(Write(TinyModelConfig()).ok());
  for (const std::string& name : names)
    EXPECT_EQ(*base::ReadFile(folder_ + "/" + name), first[name]);
}

TEST_F(HfFolderTest, TiedHeadIsNotWritten) {
  ModelConfig config = TinyModelConfig();
  config.tie_head = true;
  ASSERT_TRUE(Write(config).ok());
  absl::StatusOr<HfFolder> folder = ReadHfFolder(folder_);
  ASSERT_TRUE(folder.ok()) << folder.status();
  EXPECT_EQ(folder->files().front().Find("lm_head.weight"), nullptr);
}

TEST_F(HfFolderTest, KeepsAGivenGenerationConfig) {
  const TinyWeights weights(TinyModelConfig());
  ASSERT_TRUE(WriteHfFolder(folder_, TinyModelConfig(), weights.tensors(),
                            {{"generation_config.json", "{\"eos_token_id\": [2, 3]}"}})
                  .ok());
  EXPECT_THAT(*base::ReadFile(folder_ + "/generation_config.json"), HasSubstr("[2, 3]"));
}

TEST_F(HfFolderTest, WritesNothingIfTheTensorsAreNotTheConfigs) {
  ModelConfig config = TinyModelConfig();
  const TinyWeights weights(config);
  config.num_layers = 3;
  absl::Status status = WriteHfFolder(folder_, config, weights.tensors(), {});
  EXPECT_THAT(std::string(status.message()), HasSubstr("model.layers.2"));
  config = TinyModelConfig();
  config.head_size = 3;
  EXPECT_FALSE(WriteHfFolder(folder_, config, weights.tensors(), {}).ok());
  for (const char* name : {"config.json", "model.safetensors", "a/b", ""}) {
    status = WriteHfFolder(folder_, TinyModelConfig(), weights.tensors(), {{name, "x"}});
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << name;
  }
  EXPECT_FALSE(base::Exists(folder_));
}

TEST_F(HfFolderTest, NamesTheFileThatIsWrong) {
  EXPECT_EQ(ErrorWith("config.json", "{").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorWith("config.json", R"({"model_type":"gpt2"})").code(),
            absl::StatusCode::kUnimplemented);
  EXPECT_EQ(ErrorWith("model.safetensors", "xx").code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(HfFolderTest, WeightsMustBeThoseOfTheConfig) {
  ASSERT_TRUE(Write(TinyModelConfig()).ok());
  ModelConfig config = TinyModelConfig();
  config.hidden_size = 16;
  ASSERT_TRUE(base::WriteFileAtomically(folder_ + "/config.json", ConfigJson(config)).ok());
  EXPECT_THAT(std::string(ReadHfFolder(folder_).status().message()),
              HasSubstr("model.safetensors: tensor \"model.embed_tokens.weight\" has the shape"));
}

TEST_F(HfFolderTest, NamesTheFileThatIsMissing) {
  EXPECT_EQ(ReadHfFolder(folder_).status().code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(Write(TinyModelConfig()).ok());
  ASSERT_TRUE(base::RemoveAll(folder_ + "/model.safetensors").ok());
  absl::Status status = ReadHfFolder(folder_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("model.safetensors"));
}

}  // namespace
}  // namespace gyre::weights
