#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "base/worker_thread.h"

namespace gyre::base {

// A fixed number of threads that do one job after the other together: the one that calls Run, and
// size() - 1 of its own. A team of one has no thread. A job is cut into parts, of which each thread
// takes the next one that is left, so a thread that the system holds back delays a job by the part
// that it has begun, and not at all if it has begun none.
//
// Threads that have nothing to do look for the next job for some microseconds and then sleep: jobs
// that follow each other closely cost no system call, and a team that stands still no processor. No
// wait here has a deadline: what is waited for is work of this process alone.
class ThreadTeam {
 public:
  explicit ThreadTeam(int size);
  // Not while a job runs.
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  int size() const { return static_cast<int>(threads_.size()) + 1; }

  // Calls part(index, thread) once for each index in [0, parts), on any of the threads and in any
  // order, and returns when all calls have returned; what they wrote is then visible. `thread` is
  // below size(), and no two calls at a time have the same. `parts` is below 2^32. One caller at a
  // time; a part may not call Run of its own team.
  using Part = absl::FunctionRef<void(int64_t index, int thread)>;
  void Run(int64_t parts, Part part);

 private:
  void Work(int thread);
  // Does parts of the present job, if there is one, until none is left to be begun.
  void DoParts(int thread);

  // The number of the present job in the upper half, how many of its parts nobody has begun in the
  // lower: whoever takes one off has a right to it, and to reading part_.
  std::atomic<uint64_t> left_ = 0;
  std::atomic<const Part*> part_ = nullptr;
  std::atomic<uint32_t> unfinished_ = 0;  // parts of the present job
  std::atomic<uint32_t> jobs_ = 0;        // as in left_; what sleepers wait for. Grows also to stop
  std::atomic<bool> stopped_ = false;
  std::vector<std::unique_ptr<WorkerThread>> threads_;
};

}  // namespace gyre::base
