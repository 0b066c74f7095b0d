// A Device that is the processor: the bodies of the CUDA kernels over ordinary memory, each team's
// threads one after the other. New memory and each team's shared memory are full of not-a-numbers.
// In which order threads and teams take their turns is the caller's choice: no result may depend on
// it, and one does where a barrier is missing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <vector>

#include "kernels/cuda/bodies.h"
#include "kernels/cuda/device.h"

namespace gyre::kernels::cuda {

enum class TwinOrder { kForwards, kBackwards, kShuffled };

class TwinTeam {
 public:
  // `threads` says whose turn is when.
  explicit TwinTeam(const std::vector<int>& threads) : threads_(threads) {}

  template <typename Function>
  void Phase(Function function) const {
    for (const int thread : threads_) function(thread);
  }
  template <typename T>
  T Agreed(const T& shared) const {
    return shared;
  }

 private:
  const std::vector<int>& threads_;
};

class TwinDevice : public Device {
 public:
  explicit TwinDevice(TwinOrder order = TwinOrder::kForwards) : order_(order) {}

  absl::StatusOr<void*> Allocate(int64_t bytes) override {
    if (bytes > room_) return absl::ResourceExhaustedError("the twin has no such room");
    auto memory = std::make_unique<std::byte[]>(static_cast<size_t>(bytes));
    std::memset(memory.get(), 0xFF, static_cast<size_t>(bytes));
    void* at = memory.get();
    memory_[at] = std::move(memory);
    return at;
  }
  void Free(void* memory) override { memory_.erase(memory); }
  void Upload(const void* host, int64_t bytes, void* memory) override {
    std::memcpy(memory, host, static_cast<size_t>(bytes));
  }
  void Download(const void* memory, int64_t bytes, void* host) override {
    std::memcpy(host, memory, static_cast<size_t>(bytes));
  }

  void Run(const EmbeddingTask& task) override { RunTask(task); }
  void Run(const BiasTask& task) override { RunTask(task); }
  void Run(const RmsNormTask& task) override { RunTask(task); }
  void Run(const RopeTask& task) override { RunTask(task); }
  void Run(const SwigluTask& task) override { RunTask(task); }
  void Run(const KvWriteTask& task) override { RunTask(task); }
  void Run(const AttentionTask& task) override { RunTask(task); }
  void Run(const LogSoftmaxTask& task) override { RunTask(task); }
  void Run(const SampleTask& task) override { RunTask(task); }
  // What cuBLAS does on a GPU: here in double, to which any order of sums in f32 is near.
  void Run(const LinearTask& task) override {
    WithElement(task.type, [&]<typename Element>() {
      for (int64_t row = 0; row < task.rows; ++row) {
        const Element* x = static_cast<const Element*>(task.x) + row * task.inputs;
        for (int64_t n = 0; n < task.outputs; ++n) {
          const Element* w = static_cast<const Element*>(task.w) + n * task.inputs;
          float& y = task.y[row * task.outputs + n];
          double sum = task.accumulate ? static_cast<double>(y) : 0.0;
          for (int64_t k = 0; k < task.inputs; ++k)
            sum += static_cast<double>(ToFloat(x[k])) * static_cast<double>(ToFloat(w[k]));
          y = static_cast<float>(sum);
        }
      }
    });
  }

  absl::Status Wait() override { return fault_; }

  // For tests: an allocation of more than this fails; the fault that Wait is to tell.
  void LimitAllocations(int64_t bytes) { room_ = bytes; }
  void Break(absl::Status fault) { fault_ = std::move(fault); }
  size_t allocations() const { return memory_.size(); }

 private:
  std::vector<int64_t> TurnsOf(int64_t count) {
    std::vector<int64_t> turns(static_cast<size_t>(count));
    std::iota(turns.begin(), turns.end(), 0);
    if (order_ == TwinOrder::kBackwards) std::reverse(turns.begin(), turns.end());
    if (order_ == TwinOrder::kShuffled) std::shuffle(turns.begin(), turns.end(), random_);
    return turns;
  }

  template <typename Task>
  void RunTask(const Task& task) {
    RunBodies(task, [&]<typename Body>(Body, const Task& task_of_body) {
      const Grid grid = Body::GridOf(task_of_body);
      const std::vector<int64_t> turns = TurnsOf(Body::kThreads);
      const std::vector<int> threads(turns.begin(), turns.end());
      auto shared = std::make_unique<typename Body::Shared>();
      for (const int64_t i : TurnsOf(grid.x * grid.y * grid.z)) {
        std::memset(static_cast<void*>(shared.get()), 0xFF, sizeof *shared);
        Body::Run(TwinTeam(threads), *shared, task_of_body,
                  {.x = i % grid.x, .y = i / grid.x % grid.y, .z = i / grid.x / grid.y});
      }
    });
  }

  TwinOrder order_;
  std::mt19937 random_{7};
  std::map<void*, std::unique_ptr<std::byte[]>> memory_;
  int64_t room_ = int64_t{1} << 40;
  absl::Status fault_;
};

}  // namespace gyre::kernels::cuda
