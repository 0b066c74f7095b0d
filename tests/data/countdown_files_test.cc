#include "data/countdown_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/file.h"
#include "data/jsonl.h"
#include "data/open_source.h"

namespace gyre::data {
namespace {

using testing::HasSubstr;

class CountdownFiles : public testing::Test {
 protected:
  std::vector<Problem> Problems(const std::string& split, uint64_t count, uint64_t seed) {
    absl::Status status = WriteCountdownFile(split, count, seed, path_);
    EXPECT_TRUE(status.ok()) << status;
    absl::StatusOr<std::vector<Problem>> problems = ReadProblems(path_);
    EXPECT_TRUE(problems.ok()) << problems.status();
    return *std::move(problems);
  }

  std::string path_ = testing::TempDir() + "/countdown_files_test.jsonl";
};

TEST_F(CountdownFiles, TrainWithoutCountIsEachProblemOnce) {
  EXPECT_EQ(Problems("train", 0, 1).size(), 1019u);
  EXPECT_EQ(Problems("held_out", 0, 1).size(), 300u);
}

TEST_F(CountdownFiles, TrainGoesOnInPassesWithOtherOrdersOfTheNumbers) {
  const std::vector<Problem> problems = Problems("train", 2500, 1);
  EXPECT_EQ(problems.size(), 2500u);
  std::map<std::string, std::set<std::string>> prompts_of_id;
  for (const Problem& problem : problems) {
    const std::string id = problem.id().substr(0, problem.id().find("-again"));
    prompts_of_id[id].insert(problem.prompt());
  }
  EXPECT_EQ(prompts_of_id.size(), 1019u);
  int num_with_other_order = 0;
  for (const auto& [id, prompts] : prompts_of_id) num_with_other_order += prompts.size() > 1;
  EXPECT_GT(num_with_other_order, 700);
}

TEST_F(CountdownFiles, HeldOutDoesNotDependOnTheSeedAndTrainDoes) {
  EXPECT_EQ(Problems("held_out", 5, 1)[4].SerializeAsString(),
            Problems("held_out", 300, 2)[4].SerializeAsString());
  EXPECT_NE(Problems("train", 5, 1)[4].SerializeAsString(),
            Problems("train", 5, 2)[4].SerializeAsString());
}

TEST_F(CountdownFiles, TracesAreTheSourcesOwn) {
  ASSERT_TRUE(WriteCountdownFile("traces", 20, 3, path_).ok());
  const std::vector<Example> examples = *ReadExamples(path_);
  ASSERT_EQ(examples.size(), 20u);
  EXPECT_EQ(examples[19].SerializeAsString(),
            (*OpenExamples("countdown:traces", 3))->Get(19).SerializeAsString());
}

TEST_F(CountdownFiles, RefusesWhatIsNotThere) {
  auto error = [&](const std::string& split, uint64_t count) {
    absl::Status status = WriteCountdownFile(split, count, 1, path_ + ".refused");
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  };
  EXPECT_THAT(error("test", 1), HasSubstr("\"test\""));
  EXPECT_THAT(error("held_out", 301), HasSubstr("300"));
  EXPECT_THAT(error("traces", 0), HasSubstr("how many"));
  EXPECT_FALSE(base::Exists(path_ + ".refused"));
}

}  // namespace
}  // namespace gyre::data
