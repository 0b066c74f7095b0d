#include "learner/gloo_collectives.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "base/counter_rng.h"
#include "gtest/gtest.h"
#include "tests/learner/forked_ranks.h"

namespace gyre::learner {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(20);

std::vector<float> Values(int rank, size_t count) {
  const base::CounterRng rng({"values", rank});
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) {
    // Of very different sizes, so that another order of addition would show.
    values[i] = std::ldexp(rng.Uniform(i) - 0.5f, static_cast<int>(rng.Below(i, 40)) - 20);
  }
  return values;
}

std::string Bytes(const std::vector<float>& values) {
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
}

TEST(GlooCollectives, AllRanksGetTheSameSumsBitForBit) {
  constexpr size_t kCount = 100'003;  // several segments of the ring, and no round number
  const auto body = [](std::unique_ptr<GlooCollectives> collectives) {
    std::string bytes;
    for (int round = 0; round < 3; ++round) {
      std::vector<float> values = Values(collectives->rank(), kCount);
      if (!collectives->AllReduceSum(absl::MakeSpan(values)).ok()) return std::string("failed");
      bytes = bytes.empty() || bytes == Bytes(values) ? Bytes(values) : "rounds differ";
    }
    return bytes;
  };
  std::string first;
  for (int run = 0; run < 2; ++run) {
    ForkedRanks ranks(3, kTimeout, body);
    const std::string sums = ranks.Output(0);
    ASSERT_EQ(sums.size(), kCount * sizeof(float));
    EXPECT_TRUE(ranks.Output(1) == sums && ranks.Output(2) == sums);
    if (run == 0) first = sums;
    EXPECT_TRUE(sums == first) << "a second run gave other bits";
  }
  // And they are sums.
  std::vector<float> sums(kCount);
  std::memcpy(sums.data(), first.data(), first.size());
  std::vector<std::vector<float>> values;
  for (int rank = 0; rank < 3; ++rank) values.push_back(Values(rank, kCount));
  for (size_t i = 0; i < kCount; ++i) {
    double expected = 0, size = 0;
    for (const std::vector<float>& of_rank : values) {
      expected += static_cast<double>(of_rank[i]);
      size += std::abs(static_cast<double>(of_rank[i]));
    }
    ASSERT_NEAR(static_cast<double>(sums[i]), expected, 1e-6 * size) << i;
  }
}

TEST(GlooCollectives, SumsAndMaximaOfDoubles) {
  ForkedRanks ranks(2, kTimeout, [](std::unique_ptr<GlooCollectives> collectives) {
    std::vector<double> sum = {0.25 + collectives->rank(), 1e300};
    std::vector<double> most = {-1.0 * collectives->rank(), 3.0 + collectives->rank()};
    if (!collectives->AllReduceSum(absl::MakeSpan(sum)).ok()) return std::string("failed");
    if (!collectives->AllReduceMax(absl::MakeSpan(most)).ok()) return std::string("failed");
    return sum == std::vector<double>{1.5, 2e300} && most == std::vector<double>{0, 4}
               ? std::string("right")
               : std::string("wrong");
  });
  EXPECT_EQ(ranks.Output(0), "right");
  EXPECT_EQ(ranks.Output(1), "right");
}

std::string SumUntilError(std::unique_ptr<GlooCollectives> collectives) {
  std::vector<float> values(1000, 1.0f);
  for (bool first = true;; first = false) {
    const absl::Status status = collectives->AllReduceSum(absl::MakeSpan(values));
    if (!status.ok()) return std::string(absl::StatusCodeToString(status.code()));
    if (first) ForkedRanks::Say();
  }
}

TEST(GlooCollectives, SurvivorsLearnAtOnceThatARankWasKilled) {
  ForkedRanks ranks(3, kTimeout, SumUntilError);
  for (int rank = 0; rank < 3; ++rank) ranks.AwaitWord(rank);
  const absl::Time killed = absl::Now();
  ranks.Kill(1);
  EXPECT_EQ(ranks.Output(0), "UNAVAILABLE");
  EXPECT_EQ(ranks.Output(2), "UNAVAILABLE");
  EXPECT_LT(absl::Now() - killed, kTimeout / 2) << "it was the timeout that ended them";
}

TEST(GlooCollectives, ARankThatHangsEndsTheOthersAtTheTimeout) {
  ForkedRanks ranks(2, absl::Seconds(2), SumUntilError);
  for (int rank = 0; rank < 2; ++rank) ranks.AwaitWord(rank);
  ranks.Stop(1);
  EXPECT_EQ(ranks.Output(0), "UNAVAILABLE");
}

TEST(GlooCollectives, ARankThatNeverComesEndsTheFormingAtTheTimeout) {
  const pid_t child = fork();
  if (child == 0) {
    auto store = RankStore::Serve(absl::Seconds(1));
    if (!store.ok()) _exit(2);
    const auto collectives = GlooCollectives::Create(*std::move(store), 1, 0, 2, absl::Seconds(1));
    _exit(absl::IsUnavailable(collectives.status()) ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace gyre::learner
