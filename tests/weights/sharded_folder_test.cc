// Hugging Face folders whose weights stand in several files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "tests/weights/tiny_model.h"
#include "weights/hf_folder.h"
#include "weights/hf_folder_writer.h"
#include "weights/hf_names.h"
#include "weights/safetensors_index.h"

namespace gyre::weights {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr int64_t kMostBytes = 2500;  // the largest tensor has 960

class ShardedFolder : public testing::Test {
 protected:
  ShardedFolder() {
    EXPECT_TRUE(base::RemoveAll(folder_).ok());
    EXPECT_TRUE(WriteHfFolder(
                    folder_, config_,
                    [&](size_t i) -> absl::StatusOr<std::span<const float>> {
                      const F32Tensor& tensor = weights_.tensors()[i];
                      size_t size = 1;
                      for (const int64_t n : tensor.shape) size *= static_cast<size_t>(n);
                      return std::span<const float>(tensor.data, size);
                    },
                    {}, kMostBytes)
                    .ok());
  }

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }
  json Index() const { return json::parse(*base::ReadFile(Path(kIndexName))); }
  void WriteIndex(const json& index) {
    ASSERT_TRUE(base::WriteFileAtomically(Path(kIndexName), index.dump()).ok());
  }
  std::string Fault() const { return std::string(ReadHfFolder(folder_).status().message()); }

  const ModelConfig config_ = TinyModelConfig();
  const TinyWeights weights_{config_};
  const std::string folder_ = testing::TempDir() + "/sharded_folder_test";
};

TEST_F(ShardedFolder, ReadsBackWhatWasWritten) {
  absl::StatusOr<HfFolder> folder = ReadHfFolder(folder_);
  ASSERT_TRUE(folder.ok()) << folder.status();
  EXPECT_GT(folder->files().size(), 3u);
  EXPECT_FALSE(base::Exists(Path(kWeightsName)));
  for (const F32Tensor& tensor : weights_.tensors()) {
    const std::string_view bytes = folder->tensor(tensor.name).bytes;
    EXPECT_EQ(bytes, std::string_view(reinterpret_cast<const char*>(tensor.data), bytes.size()));
  }
}

TEST_F(ShardedFolder, KeepsEachFileUnderItsLimit) {
  const json index = Index();
  int64_t total = 0;
  for (const std::string& name : ParseSafetensorsIndex(index.dump())->Files()) {
    const SafetensorsFile file = *SafetensorsFile::Open(Path(name));
    int64_t bytes = 0;
    for (const TensorView& tensor : file.tensors()) {
      bytes += static_cast<int64_t>(tensor.bytes.size());
    }
    EXPECT_LE(bytes, kMostBytes) << name;
    total += bytes;
  }
  EXPECT_EQ(index["metadata"]["total_size"], total);
}

TEST_F(ShardedFolder, NamesTheFileThatIsMissing) {
  const std::string name = Index()["weight_map"]["model.norm.weight"];
  ASSERT_TRUE(base::RemoveAll(Path(name)).ok());
  EXPECT_THAT(Fault(), HasSubstr(Path(name)));
  EXPECT_EQ(ReadHfFolder(folder_).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ShardedFolder, NamesTheTensorThatIsNotWhereTheIndexSays) {
  json index = Index();
  const std::string norm_file = index["weight_map"]["model.norm.weight"];
  const std::string embedding_file = index["weight_map"]["model.embed_tokens.weight"];
  index["weight_map"]["model.norm.weight"] = embedding_file;
  WriteIndex(index);
  EXPECT_THAT(Fault(),
              HasSubstr(Path(embedding_file) + ": tensor \"model.norm.weight\" is missing"));
  index["weight_map"].erase("model.norm.weight");
  WriteIndex(index);
  EXPECT_THAT(Fault(), HasSubstr(Path(norm_file) + ": tensor \"model.norm.weight\" is here, but"));
}

TEST_F(ShardedFolder, NamesTheTensorThatNoFileHas) {
  const std::string name = Index()["weight_map"]["lm_head.weight"];
  json index = Index();
  for (auto entry = index["weight_map"].begin(); entry != index["weight_map"].end();) {
    entry = *entry == name ? index["weight_map"].erase(entry) : std::next(entry);
  }
  WriteIndex(index);
  EXPECT_THAT(Fault(), HasSubstr(Path(kIndexName) + ": tensor \""));
  EXPECT_THAT(Fault(), HasSubstr("is missing"));
}

TEST_F(ShardedFolder, RefusesAnIndexOfAnotherForm) {
  const auto fault = [&](const std::string& text) {
    EXPECT_TRUE(base::WriteFileAtomically(Path(kIndexName), text).ok());
    EXPECT_THAT(Fault(), HasSubstr(Path(kIndexName) + ": "));
    return Fault();
  };
  EXPECT_THAT(fault("{"), HasSubstr("not a JSON object"));
  EXPECT_THAT(fault("{}"), HasSubstr("weight_map"));
  EXPECT_THAT(fault(R"({"weight_map": {}})"), HasSubstr("weight_map"));
  EXPECT_THAT(fault(R"({"weight_map": ["a"]})"), HasSubstr("weight_map"));
  EXPECT_THAT(fault(R"({"weight_map": {"a": "x.safetensors", "a": "y.safetensors"}})"),
              HasSubstr("\"a\" stands in it twice"));
  for (const char* name : {"../x.safetensors", "/x.safetensors", "a\\\\x.safetensors", "x.bin", "",
                           "x\\u0000.safetensors", ".safetensors"}) {
    EXPECT_THAT(fault(absl::StrCat(R"({"weight_map": {"a": ")", name, "\"}}")),
                HasSubstr("the file of tensor \"a\" must be"));
  }
  EXPECT_THAT(fault(R"({"weight_map": {"a": 1}})"), HasSubstr("the file of tensor \"a\" must be"));
}

}  // namespace
}  // namespace gyre::weights
