#include "base/bounded_queue.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "absl/time/clock.h"
#include "base/worker_thread.h"

namespace gyre::base {
namespace {

absl::Time Soon() { return absl::Now() + absl::Milliseconds(5); }
// A bound that only a hang reaches.
absl::Time Late() { return absl::Now() + absl::Seconds(60); }

TEST(BoundedQueue, GivesItemsBackInTheirOrder) {
  BoundedQueue<int> queue(3);
  ASSERT_TRUE(queue.Push(1, Late()).ok());
  ASSERT_TRUE(queue.TryPush(2).ok());
  EXPECT_EQ(queue.size(), 2u);
  EXPECT_EQ(*queue.Pop(Late()), 1);
  EXPECT_EQ(queue.TryPop(), 2);
  EXPECT_EQ(queue.TryPop(), std::nullopt);
}

TEST(BoundedQueue, LeavesTheItemWithTheCallerWhenFull) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  ASSERT_TRUE(queue.TryPush(std::make_unique<int>(1)).ok());
  auto item = std::make_unique<int>(2);
  EXPECT_EQ(queue.TryPush(std::move(item)).code(), absl::StatusCode::kResourceExhausted);
  ASSERT_NE(item, nullptr);
  EXPECT_EQ(queue.Push(std::move(item), Soon()).code(), absl::StatusCode::kDeadlineExceeded);
  ASSERT_NE(item, nullptr);
  EXPECT_EQ(*item, 2);
}

TEST(BoundedQueue, StopsWaitingForAnItemAtTheDeadline) {
  BoundedQueue<int> queue(1);
  EXPECT_EQ(queue.Pop(Soon()).status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(queue.Pop(absl::InfinitePast()).status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(BoundedQueue, GivesWhatIsInItAfterClosing) {
  BoundedQueue<int> queue(2);
  ASSERT_TRUE(queue.TryPush(1).ok());
  queue.Close();
  queue.Close();
  EXPECT_TRUE(queue.closed());
  EXPECT_EQ(queue.TryPush(2).code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(queue.Push(2, Late()).code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(*queue.Pop(Late()), 1);
  EXPECT_EQ(queue.Pop(Late()).status().code(), absl::StatusCode::kCancelled);
}

TEST(BoundedQueue, WakesEveryWaiterByClosing) {
  BoundedQueue<int> empty(1);
  BoundedQueue<int> full(1);
  ASSERT_TRUE(full.TryPush(1).ok());
  std::vector<absl::Status> results(4);
  {
    std::vector<std::unique_ptr<WorkerThread>> waiters;
    for (int i = 0; i < 4; ++i) {
      waiters.push_back(std::make_unique<WorkerThread>("waiter", [&, i](std::stop_token) {
        results[i] = i % 2 == 0 ? empty.Pop(Late()).status() : full.Push(2, Late());
      }));
    }
    empty.Close();
    full.Close();
  }
  for (const absl::Status& result : results) {
    EXPECT_EQ(result.code(), absl::StatusCode::kCancelled) << result;
  }
}

TEST(BoundedQueue, LosesAndDoublesNothingBetweenManyThreads) {
  constexpr int kItemsPerProducer = 2000;
  constexpr int kProducers = 3;
  BoundedQueue<int> queue(4);
  std::vector<std::vector<int>> popped(3);
  {
    std::vector<std::unique_ptr<WorkerThread>> consumers;
    for (std::vector<int>& mine : popped) {
      consumers.push_back(std::make_unique<WorkerThread>("consumer", [&](std::stop_token) {
        for (auto item = queue.Pop(Late()); item.ok(); item = queue.Pop(Late()))
          mine.push_back(*item);
      }));
    }
    {
      std::vector<std::unique_ptr<WorkerThread>> producers;
      for (int p = 0; p < kProducers; ++p) {
        producers.push_back(std::make_unique<WorkerThread>("producer", [&, p](std::stop_token) {
          for (int i = 0; i < kItemsPerProducer; ++i) {
            if (!queue.Push(p * kItemsPerProducer + i, Late()).ok()) return;
          }
        }));
      }
    }
    queue.Close();
  }
  std::vector<int> times_seen(kProducers * kItemsPerProducer);
  for (const std::vector<int>& mine : popped) {
    for (const int item : mine) ++times_seen[item];
  }
  for (const int times : times_seen) ASSERT_EQ(times, 1);
}

}  // namespace
}  // namespace gyre::base
