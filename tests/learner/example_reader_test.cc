#include "learner/example_reader.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/learner/temporary_folder.h"
#include "text/countdown_tokenizer.h"
#include "text/load_tokenizer.h"

namespace gyre::learner {
namespace {

using testing::HasSubstr;

class ExampleReaderTest : public testing::Test {
 protected:
  ExampleReader Open(const SftSpec& spec, uint64_t seed = 1, uint32_t stage = 0) {
    return *ExampleReader::Open(spec, seed, stage, *tokenizer_);
  }
  static std::vector<SftExample> Share(const ExampleReader& reader, uint32_t rank,
                                       uint32_t world_size) {
    return reader.ReadShare(64, 32, rank, world_size).value();
  }
  static SftSpec Traces() {
    SftSpec spec;
    spec.set_examples("countdown:traces");
    return spec;
  }

  std::unique_ptr<text::Tokenizer> tokenizer_ =
      *text::TokenizerFromFiles(text::CountdownTokenizerFiles());
};

TEST_F(ExampleReaderTest, GivesEachExampleToOneRankWhateverTheNumberOfRanks) {
  const ExampleReader reader = Open(Traces());
  std::multiset<std::vector<int32_t>> all;
  for (const SftExample& example : Share(reader, 0, 1)) {
    EXPECT_EQ(example.prompt_tokens, 9u);
    EXPECT_EQ(example.token_ids.back(), 2) << "<eos>";
    all.insert(example.token_ids);
  }
  EXPECT_EQ(all.size(), 32u);
  std::multiset<std::vector<int32_t>> shared;
  for (uint32_t rank = 0; rank < 3; ++rank) {
    for (const SftExample& example : Share(reader, rank, 3)) {
      shared.insert(example.token_ids);
    }
  }
  EXPECT_EQ(shared, all);
}

TEST_F(ExampleReaderTest, ItsOrderDependsOnSeedAndStage) {
  const auto first = [&](uint64_t seed, uint32_t stage) {
    return Open(Traces(), seed, stage).ReadShare(0, 1, 0, 1)->at(0).token_ids;
  };
  EXPECT_EQ(first(1, 0), first(1, 0));
  EXPECT_NE(first(1, 0), first(2, 0));
  EXPECT_NE(first(1, 0), first(1, 1));
}

TEST_F(ExampleReaderTest, NamesAnExampleThatIsTooLongOrHasNoTokens) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/examples.jsonl";
  SftSpec spec;
  spec.set_examples(path);
  spec.set_max_tokens(6);
  ASSERT_TRUE(base::WriteFileAtomically(
                  path, R"({"id": "long", "prompt": "<bos>1 2 3=6:", "response": "1<eos>"})")
                  .ok());
  absl::Status status = Open(spec).ReadShare(0, 1, 0, 1).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("example long: it has 11 tokens"));
  ASSERT_TRUE(base::WriteFileAtomically(
                  path, R"({"id": "odd", "prompt": "<bos>", "response": "hello<eos>"})")
                  .ok());
  status = Open(spec).ReadShare(0, 1, 0, 1).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("example odd: "));
}

}  // namespace
}  // namespace gyre::learner
