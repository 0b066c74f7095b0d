// Learner ranks as threads of one process: collectives that sum in order of rank, in memory. Each
// rank's Collectives is used by one thread. A call waits for the others at most a minute, then all
// give DEADLINE_EXCEEDED.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/types/span.h"
#include "base/mutex.h"
#include "learner/collectives.h"

namespace gyre::fakes {

class ThreadRanks {
 public:
  explicit ThreadRanks(int world_size) : arrived_data_(static_cast<size_t>(world_size)) {
    for (int i = 0; i < world_size; ++i) ranks_.push_back(std::make_unique<Rank>(*this, i));
  }

  learner::Collectives& rank(int index) { return *ranks_[static_cast<size_t>(index)]; }

 private:
  class Rank final : public learner::Collectives {
   public:
    Rank(ThreadRanks& all, int rank) : all_(all), rank_(rank) {}
    int rank() const override { return rank_; }
    int world_size() const override { return static_cast<int>(all_.ranks_.size()); }
    absl::Status AllReduceSum(absl::Span<float> values) override {
      return all_.Reduce(rank_, values, [](float a, float b) { return a + b; });
    }
    absl::Status AllReduceSum(absl::Span<double> values) override {
      return all_.Reduce(rank_, values, [](double a, double b) { return a + b; });
    }
    absl::Status AllReduceMax(absl::Span<double> values) override {
      return all_.Reduce(rank_, values, [](double a, double b) { return std::max(a, b); });
    }

   private:
    ThreadRanks& all_;
    int rank_;
  };

  // The last to arrive reduces into rank 0's memory and then into everybody's.
  template <typename T, typename Combine>
  absl::Status Reduce(int rank, absl::Span<T> values, Combine combine) {
    base::MutexLock lock(mutex_);
    arrived_data_[static_cast<size_t>(rank)] = values.data();
    const int round = round_;
    if (++arrived_ == static_cast<int>(ranks_.size())) {
      T* sum = static_cast<T*>(arrived_data_[0]);
      for (size_t r = 1; r < arrived_data_.size(); ++r) {
        const T* other = static_cast<const T*>(arrived_data_[r]);
        for (size_t i = 0; i < values.size(); ++i) sum[i] = combine(sum[i], other[i]);
      }
      for (size_t r = 1; r < arrived_data_.size(); ++r)
        std::copy_n(sum, values.size(), static_cast<T*>(arrived_data_[r]));
      arrived_ = 0;
      ++round_;
      complete_.NotifyAll();
      return absl::OkStatus();
    }
    const bool done = complete_.WaitUntil(mutex_, absl::Now() + absl::Minutes(1),
                                          [&] { return round_ != round; });
    return done ? absl::OkStatus() : absl::DeadlineExceededError("a rank did not come");
  }

  std::vector<std::unique_ptr<Rank>> ranks_;
  base::Mutex mutex_;
  base::CondVar complete_;
  std::vector<void*> arrived_data_;
  int arrived_ = 0;
  int round_ = 0;
};

}  // namespace gyre::fakes
