#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include "base/mutex.h"
#include "base/worker_thread.h"
#include "coordinator/group_store.h"

namespace gyre::coordinator {

// Removes files that the ledger has done with, on a thread of its own: an old checkpoint may be
// large and its disk slow, and nobody waits for it. Faults are logged: the space is lost, nothing
// else. What is left when it ends is not removed; the ledger names it again in its next life. All
// methods may be called from any thread and do not block.
class LeftoverRemover {
 public:
  // `payloads` outlives it.
  LeftoverRemover(GroupStore& payloads, std::string run_dir);
  LeftoverRemover(const LeftoverRemover&) = delete;
  LeftoverRemover& operator=(const LeftoverRemover&) = delete;

  void RemovePayloads(uint32_t stage, uint32_t step);
  // Relative to the run directory.
  void RemoveFolder(std::string folder);

 private:
  void Add(std::function<void()> removal);
  void Run(std::stop_token stop);

  GroupStore& payloads_;
  const std::string run_dir_;
  base::Mutex mutex_;
  base::CondVar changed_;
  std::deque<std::function<void()>> removals_ ABSL_GUARDED_BY(mutex_);
  base::WorkerThread worker_;
};

}  // namespace gyre::coordinator
