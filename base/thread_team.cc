#include "base/thread_team.h"

#include <chrono>
#include <string>
#include <thread>

#include "base/check.h"

namespace gyre::base {
namespace {

constexpr std::chrono::microseconds kLookOut(30);
constexpr uint64_t kJobUnit = uint64_t{1} << 32;
constexpr uint64_t kPartsMask = kJobUnit - 1;

void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

// Whether `number` becomes other than `value` within kLookOut.
bool ChangesSoon(const std::atomic<uint32_t>& number, uint32_t value) {
  const auto end = std::chrono::steady_clock::now() + kLookOut;
  do {
    for (int i = 0; i < 8; ++i) {
      if (number.load(std::memory_order_acquire) != value) return true;
      Pause();
    }
  } while (std::chrono::steady_clock::now() < end);
  return false;
}

}  // namespace

ThreadTeam::ThreadTeam(int size) {
  GYRE_CHECK(size >= 1, "a team has at least its caller");
  for (int thread = 1; thread < size; ++thread) {
    threads_.push_back(std::make_unique<WorkerThread>(
        "team-" + std::to_string(thread), [this, thread](std::stop_token) { Work(thread); }));
  }
}

ThreadTeam::~ThreadTeam() {
  stopped_ = true;
  ++jobs_;
  jobs_.notify_all();
}

void ThreadTeam::Run(int64_t parts, Part part) {
  if (threads_.empty() || parts < 2) {
    for (int64_t index = 0; index < parts; ++index) part(index, 0);
    return;
  }
  part_.store(&part, std::memory_order_relaxed);
  unfinished_.store(static_cast<uint32_t>(parts), std::memory_order_relaxed);
  const uint32_t job = jobs_.load(std::memory_order_relaxed) + 1;
  left_.store(job * kJobUnit + static_cast<uint64_t>(parts), std::memory_order_release);
  jobs_.store(job, std::memory_order_release);
  jobs_.notify_all();
  DoParts(0);
  for (;;) {
    const uint32_t unfinished = unfinished_.load(std::memory_order_acquire);
    if (unfinished == 0) return;
    if (!ChangesSoon(unfinished_, unfinished)) unfinished_.wait(unfinished);
  }
}

void ThreadTeam::DoParts(int thread) {
  uint64_t left = left_.load(std::memory_order_acquire);
  while ((left & kPartsMask) != 0) {
    if (!left_.compare_exchange_weak(left, left - 1, std::memory_order_acq_rel)) continue;
    // The job cannot end before this part has, so part_ is this job's.
    const Part& part = *part_.load(std::memory_order_relaxed);
    part(static_cast<int64_t>((left & kPartsMask) - 1), thread);
    if (unfinished_.fetch_sub(1, std::memory_order_acq_rel) == 1) unfinished_.notify_one();
    left = left_.load(std::memory_order_acquire);
  }
}

void ThreadTeam::Work(int thread) {
  uint32_t seen = 0;
  for (;;) {
    if (!ChangesSoon(jobs_, seen)) jobs_.wait(seen);
    seen = jobs_.load(std::memory_order_acquire);
    if (stopped_) return;
    DoParts(thread);
  }
}

}  // namespace gyre::base
