#include "text/load_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "tests/text/tiny_tokenizer.h"
#include "text/countdown_tokenizer.h"

namespace gyre::text {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::unique_ptr<Tokenizer> Load(const TokenizerFiles& files) {
  absl::StatusOr<std::unique_ptr<Tokenizer>> tokenizer = TokenizerFromFiles(files);
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status();
  return *std::move(tokenizer);
}

TEST(LoadTokenizer, ReadsAFolder) {
  const std::string folder = testing::TempDir() + "/load_tokenizer_test";
  ASSERT_TRUE(base::RemoveAll(folder).ok());
  ASSERT_TRUE(base::CreateFolders(folder).ok());
  absl::Status missing = LoadTokenizer(folder).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.message()), HasSubstr(folder + "/tokenizer.json"));

  for (const auto& [name, contents] : CountdownTokenizerFiles()) {
    ASSERT_TRUE(base::WriteFileAtomically(folder + "/" + name, contents).ok());
  }
  absl::StatusOr<std::unique_ptr<Tokenizer>> tokenizer = LoadTokenizer(folder);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  EXPECT_EQ((*tokenizer)->vocabulary_size(), 119);

  ASSERT_TRUE(base::WriteFileAtomically(folder + "/tokenizer.json", "{}").ok());
  EXPECT_THAT(std::string(LoadTokenizer(folder).status().message()),
              HasSubstr(folder + "/tokenizer.json: model: is missing"));
}

TEST(LoadTokenizer, TakesEndTokensFromGenerationConfigFirst) {
  TokenizerFiles files = CountdownTokenizerFiles();
  files["tokenizer_config.json"] = R"({"eos_token": "<pad>"})";
  EXPECT_THAT(Load(files)->eos_ids(), ElementsAre(2));
  files["generation_config.json"] = R"({"eos_token_id": [4, 2]})";
  EXPECT_THAT(Load(files)->eos_ids(), ElementsAre(4, 2));
  files["generation_config.json"] = R"({"eos_token_id": 6})";
  EXPECT_THAT(Load(files)->eos_ids(), ElementsAre(6));
  files["generation_config.json"] = R"({"temperature": 1})";
  EXPECT_THAT(Load(files)->eos_ids(), ElementsAre(0));
  files.erase("generation_config.json");
  EXPECT_THAT(Load(files)->eos_ids(), ElementsAre(0));
}

TEST(LoadTokenizer, ReadsTokensGivenAsObjectsAndGoesWithoutNamedOnes) {
  TokenizerFiles files = CountdownTokenizerFiles();
  files.erase("generation_config.json");
  files["tokenizer_config.json"] = R"({"bos_token": {"content": "<bos>"}, "eos_token": null})";
  EXPECT_EQ(Load(files)->bos_id(), 1);
  EXPECT_THAT(Load(files)->eos_ids(), ElementsAre());
  files.erase("tokenizer_config.json");
  EXPECT_EQ(Load(files)->bos_id(), std::nullopt);
}

TEST(LoadTokenizer, NamesTheFileThatIsWrong) {
  auto error = [](const std::string& name, const std::string& contents) {
    TokenizerFiles files = CountdownTokenizerFiles();
    files.erase("generation_config.json");
    files[name] = contents;
    return std::string(TokenizerFromFiles(files).status().message());
  };
  EXPECT_THAT(error("tokenizer_config.json", "{"), HasSubstr("tokenizer_config.json: is not"));
  EXPECT_THAT(error("tokenizer_config.json", R"({"eos_token": "<end>"})"), HasSubstr("\"<end>\""));
  EXPECT_THAT(error("tokenizer_config.json", R"({"bos_token": 1})"), HasSubstr("bos_token"));
  EXPECT_THAT(error("generation_config.json", R"({"eos_token_id": [2, -1]})"),
              HasSubstr("generation_config.json: \"eos_token_id\""));
  EXPECT_EQ(TokenizerFromFiles({}).status().code(), absl::StatusCode::kNotFound);
}

TEST(LoadTokenizer, RefusesJsonThatWouldExhaustTheStack) {
  const std::string deep =
      R"({"eos_token_id": )" + std::string(200'000, '[') + std::string(200'000, ']') + "}";
  for (const char* name : {"tokenizer.json", "tokenizer_config.json", "generation_config.json"}) {
    TokenizerFiles files = CountdownTokenizerFiles();
    files[name] = deep;
    EXPECT_EQ(std::string(TokenizerFromFiles(files).status().message()),
              std::string(name) + ": is JSON that is nested too deep");
  }
}

TEST(LoadTokenizer, RefusesATextThatIsTooLong) {
  const std::string text((size_t{64} << 20) + 1, 'a');
  absl::Status status = ByteTokenizer()->Encode(text).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("67108865 bytes"));
}

TEST(LoadTokenizer, MessagesStandOnOneShortLine) {
  TokenizerFiles files = CountdownTokenizerFiles();
  files["tokenizer_config.json"] = R"({"eos_token": "<a\nb)" + std::string(1000, 'x') + R"("})";
  files.erase("generation_config.json");
  const std::string message(TokenizerFromFiles(files).status().message());
  EXPECT_THAT(message, HasSubstr("<a\\x0abx"));
  EXPECT_LT(message.size(), 500u);
}

TEST(LoadTokenizer, DigestSeesNamesAndContents) {
  const TokenizerFiles files = {{"a", "bc"}};
  // sha256 of 'a' 00 02 00 00 00 00 00 00 00 'bc', by Python's hashlib.
  EXPECT_EQ(TokenizerDigest(files).ToHex(),
            "1ac0723a3278cb3da7f8def6bc56d9b0f04dc58d6399a159484d0dad41e96727");
  EXPECT_NE(TokenizerDigest(files), TokenizerDigest({{"ab", "c"}}));
  EXPECT_NE(TokenizerDigest(files), TokenizerDigest({{"a", "b"}, {"c", ""}}));
}

}  // namespace
}  // namespace gyre::text
