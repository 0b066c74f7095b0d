#include "engine/generation_stream.h"

#include <utility>

namespace gyre::engine {

absl::StatusOr<GenerationEvent> GenerationStream::Next(absl::Time deadline) {
  base::MutexLock lock(mutex_);
  changed_.WaitUntil(mutex_, deadline, [this] {
    mutex_.AssertHeld();
    return !events_.empty() || !end_.ok();
  });
  if (!events_.empty()) {
    GenerationEvent event = std::move(events_.front());
    events_.pop_front();
    return event;
  }
  if (!end_.ok()) return end_;
  return absl::DeadlineExceededError("no token came until the deadline");
}

void GenerationStream::Push(GenerationEvent event) {
  base::MutexLock lock(mutex_);
  if (!end_.ok()) return;
  events_.push_back(std::move(event));
  changed_.NotifyAll();
}

void GenerationStream::End(absl::Status why) {
  base::MutexLock lock(mutex_);
  if (end_.ok()) end_ = std::move(why);
  changed_.NotifyAll();
}

}  // namespace gyre::engine
