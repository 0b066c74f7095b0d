#include "coordinator/leftover_remover.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "spdlog/spdlog.h"

namespace gyre::coordinator {

LeftoverRemover::LeftoverRemover(GroupStore& payloads, std::string run_dir)
    : payloads_(payloads),
      run_dir_(std::move(run_dir)),
      worker_("remover", [this](std::stop_token stop) { Run(stop); }) {}

void LeftoverRemover::RemovePayloads(uint32_t stage, uint32_t step) {
  Add([this, stage, step] {
    const absl::Status removed = payloads_.Remove(stage, step);
    if (!removed.ok()) spdlog::warn("payloads stay behind: {}", removed.ToString());
  });
}

void LeftoverRemover::RemoveFolder(std::string folder) {
  Add([this, folder = std::move(folder)] {
    const absl::Status removed = base::RemoveAll(absl::StrCat(run_dir_, "/", folder));
    if (!removed.ok()) spdlog::warn("an old checkpoint stays behind: {}", removed.ToString());
  });
}

void LeftoverRemover::Add(std::function<void()> removal) {
  base::MutexLock lock(mutex_);
  removals_.push_back(std::move(removal));
  changed_.NotifyOne();
}

void LeftoverRemover::Run(std::stop_token stop) {
  while (true) {
    std::function<void()> removal;
    {
      base::MutexLock lock(mutex_);
      changed_.WaitUntil(mutex_, stop, absl::InfiniteFuture(), [this] {
        mutex_.AssertHeld();
        return !removals_.empty();
      });
      if (stop.stop_requested()) return;
      if (removals_.empty()) continue;
      removal = std::move(removals_.front());
      removals_.pop_front();
    }
    removal();
  }
}

}  // namespace gyre::coordinator
