// Ranks in processes of their own, as they are in a run. They are forked before this process has
// any thread, so each test says its part of it in the child and reports by its exit code.
#include "learner/gloo_collectives.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "base/counter_rng.h"
#include "gtest/gtest.h"

namespace gyre::learner {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(20);

// Forked ranks and a pipe from each to the test. Rank 0 writes the store's address to the others.
class Ranks {
 public:
  // What a rank does; Output reads what it returns.
  using Body = std::function<std::string(std::unique_ptr<GlooCollectives>)>;

  Ranks(int world_size, absl::Duration timeout, const Body& body) {
    std::vector<std::array<int, 2>> address_pipes(static_cast<size_t>(world_size));
    for (auto& ends : address_pipes) EXPECT_EQ(pipe(ends.data()), 0);
    for (int rank = 0; rank < world_size; ++rank) {
      int output[2];
      EXPECT_EQ(pipe(output), 0);
      const pid_t child = fork();
      if (child == 0) {
        close(output[0]);
        Run(rank, world_size, timeout, body, address_pipes, output[1]);
      }
      close(output[1]);
      children_.push_back(child);
      outputs_.push_back(output[0]);
    }
    for (auto& ends : address_pipes) {
      close(ends[0]);
      close(ends[1]);
    }
  }
  ~Ranks() {
    for (const pid_t child : children_) {
      kill(child, SIGKILL);
      waitpid(child, nullptr, 0);
    }
    for (const int output : outputs_) close(output);
  }

  void Kill(int rank) { kill(children_[static_cast<size_t>(rank)], SIGKILL); }
  void Stop(int rank) { kill(children_[static_cast<size_t>(rank)], SIGSTOP); }

  // What the rank returned; blocks until it has ended.
  std::string Output(int rank) {
    std::string all;
    char buffer[4096];
    ssize_t got = 0;
    while ((got = read(outputs_[static_cast<size_t>(rank)], buffer, sizeof(buffer))) > 0) {
      all.append(buffer, static_cast<size_t>(got));
    }
    return all;
  }
  // For a rank: tells AwaitWord.
  static void Say() {
    if (write(word_output, "!", 1) != 1) _exit(6);
  }
  // Blocks until the rank has said so.
  void AwaitWord(int rank) {
    char byte = 0;
    EXPECT_EQ(read(outputs_[static_cast<size_t>(rank)], &byte, 1), 1);
  }

 private:
  [[noreturn]] static void Run(int rank, int world_size, absl::Duration timeout, const Body& body,
                               const std::vector<std::array<int, 2>>& address_pipes, int output) {
    word_output = output;
    std::unique_ptr<RankStore> store;
    if (rank == 0) {
      auto served = RankStore::Serve(timeout);
      if (!served.ok()) _exit(2);
      store = *std::move(served);
      const std::string line = store->address() + "\n";
      for (int other = 1; other < world_size; ++other) {
        if (write(address_pipes[static_cast<size_t>(other)][1], line.data(), line.size()) < 0) {
          _exit(3);
        }
      }
    } else {
      std::string address;
      char byte = 0;
      while (read(address_pipes[static_cast<size_t>(rank)][0], &byte, 1) == 1 && byte != '\n') {
        address += byte;
      }
      auto connected = RankStore::Connect(address, timeout);
      if (!connected.ok()) _exit(4);
      store = *std::move(connected);
    }
    auto collectives = GlooCollectives::Create(std::move(store), 1, rank, world_size, timeout);
    const std::string text = collectives.ok() ? body(*std::move(collectives))
                                              : std::string(collectives.status().message());
    if (write(output, text.data(), text.size()) < 0) _exit(5);
    _exit(0);
  }

  static inline int word_output = -1;  // in a rank
  std::vector<pid_t> children_;
  std::vector<int> outputs_;
};

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
    Ranks ranks(3, kTimeout, body);
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
  Ranks ranks(2, kTimeout, [](std::unique_ptr<GlooCollectives> collectives) {
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
    if (first) Ranks::Say();
  }
}

TEST(GlooCollectives, SurvivorsLearnAtOnceThatARankWasKilled) {
  Ranks ranks(3, kTimeout, SumUntilError);
  for (int rank = 0; rank < 3; ++rank) ranks.AwaitWord(rank);
  const absl::Time killed = absl::Now();
  ranks.Kill(1);
  EXPECT_EQ(ranks.Output(0), "UNAVAILABLE");
  EXPECT_EQ(ranks.Output(2), "UNAVAILABLE");
  EXPECT_LT(absl::Now() - killed, kTimeout / 2) << "it was the timeout that ended them";
}

TEST(GlooCollectives, ARankThatHangsEndsTheOthersAtTheTimeout) {
  Ranks ranks(2, absl::Seconds(2), SumUntilError);
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
