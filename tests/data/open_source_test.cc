#include "data/open_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/file.h"

namespace gyre::data {
namespace {

using testing::HasSubstr;

TEST(OpenProblems, TrainWordsAProblemAnewAtEachDraw) {
  const auto problems = *OpenProblems("countdown:train", 1);
  EXPECT_EQ(problems->size(), 1019u);
  std::set<std::string> prompts;
  for (uint64_t draw = 0; draw < 60; ++draw) {
    const Problem problem = problems->Get(500, draw);
    EXPECT_EQ(problem.id(), problems->Get(500, 0).id());
    EXPECT_EQ(problem.kind(), "countdown");
    prompts.insert(problem.prompt());
  }
  const Problem problem = problems->Get(500, 0);
  const std::set<int> numbers(problem.countdown().numbers().begin(),
                              problem.countdown().numbers().end());
  const size_t num_orders = numbers.size() == 3 ? 6 : numbers.size() == 2 ? 3 : 1;
  EXPECT_EQ(prompts.size(), num_orders);
}

TEST(OpenProblems, DrawsArePureFunctionsOfSeedIndexAndDraw) {
  const auto problems = *OpenProblems("countdown:train", 1);
  const auto again = *OpenProblems("countdown:train", 1);
  const auto other = *OpenProblems("countdown:train", 2);
  int num_different = 0;
  for (uint64_t i = 0; i < 100; ++i) {
    EXPECT_EQ(problems->Get(i, 3).SerializeAsString(), again->Get(i, 3).SerializeAsString());
    num_different += problems->Get(i, 3).prompt() != other->Get(i, 3).prompt();
  }
  EXPECT_GT(num_different, 50);
}

TEST(OpenProblems, HeldOutIsTheSameForEverySeedAndDraw) {
  const auto problems = *OpenProblems("countdown:held_out", 1);
  const auto other = *OpenProblems("countdown:held_out", 2);
  ASSERT_EQ(problems->size(), 300u);
  bool all_sorted = true;
  for (uint64_t i = 0; i < problems->size(); ++i) {
    const Problem problem = problems->Get(i, 0);
    EXPECT_EQ(problem.SerializeAsString(), other->Get(i, 9).SerializeAsString());
    const auto& numbers = problem.countdown().numbers();
    all_sorted = all_sorted && std::is_sorted(numbers.begin(), numbers.end());
  }
  EXPECT_FALSE(all_sorted) << "numbers stand in random orders";
}

TEST(OpenProblems, ReadsAFile) {
  const std::string path = testing::TempDir() + "/open_source_test.jsonl";
  ASSERT_TRUE(base::WriteFileAtomically(path, R"({"id":"a","kind":"x","prompt":"p"})"
                                              "\n"
                                              R"({"id":"b","kind":"x","prompt":"q"})")
                  .ok());
  const auto problems = OpenProblems(path, 1);
  ASSERT_TRUE(problems.ok()) << problems.status();
  EXPECT_EQ((*problems)->size(), 2u);
  EXPECT_EQ((*problems)->Get(1, 5).id(), "b");
}

TEST(OpenProblems, SaysWhatIsKnownWhenAnAddressIsNot) {
  absl::Status status = OpenProblems("countdown:traces", 1).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("countdown:held_out"));
  EXPECT_EQ(OpenProblems("/nowhere/x.jsonl", 1).status().code(), absl::StatusCode::kNotFound);
  status = OpenExamples("countdown:train", 1).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("countdown:traces"));
}

TEST(OpenExamples, GoesThroughAFileInPassesOfOtherOrders) {
  const std::string path = testing::TempDir() + "/open_examples_test.jsonl";
  std::string lines;
  for (char name = 'a'; name <= 'j'; ++name) {
    lines += std::string(R"({"prompt":"p","response":"r","id":")") + name + "\"}\n";
  }
  ASSERT_TRUE(base::WriteFileAtomically(path, lines).ok());
  const auto examples = *OpenExamples(path, 1);
  auto pass = [&](uint64_t number) {
    std::string ids;
    for (uint64_t i = 0; i < 10; ++i) ids += examples->Get(10 * number + i).id();
    return ids;
  };
  std::set<std::string> orders;
  for (uint64_t number = 0; number < 5; ++number) {
    std::string ids = pass(number);
    orders.insert(ids);
    std::sort(ids.begin(), ids.end());
    EXPECT_EQ(ids, "abcdefghij");
  }
  EXPECT_EQ(orders.size(), 5u);
}

}  // namespace
}  // namespace gyre::data
