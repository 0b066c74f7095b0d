#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/check.h"
#include "base/mutex.h"

namespace gyre::base {

// A first-in first-out queue between threads. All methods may be called from any thread. After
// Close() nothing enters, every waiter returns, and the items that are already in can still be
// popped.
template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {
    GYRE_CHECK(capacity > 0, "a queue has room for at least one item");
  }
  BoundedQueue(const BoundedQueue&) = delete;
  BoundedQueue& operator=(const BoundedQueue&) = delete;

  // Blocks while the queue is full, until `deadline`. OK, CANCELLED (closed) or DEADLINE_EXCEEDED;
  // `item` is moved from only on OK.
  absl::Status Push(T&& item, absl::Time deadline) ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(mutex_);
    const bool ready = changed_room_.WaitUntil(mutex_, deadline, [this] {
      mutex_.AssertHeld();
      return closed_ || items_.size() < capacity_;
    });
    if (closed_) return absl::CancelledError("the queue is closed");
    if (!ready) return absl::DeadlineExceededError("the queue stayed full until the deadline");
    Append(std::move(item));
    return absl::OkStatus();
  }
  absl::Status Push(const T& item, absl::Time deadline) ABSL_LOCKS_EXCLUDED(mutex_) {
    return Push(T(item), deadline);
  }

  // Never blocks. OK, CANCELLED (closed) or RESOURCE_EXHAUSTED (full); `item` is moved from only on
  // OK.
  absl::Status TryPush(T&& item) ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(mutex_);
    if (closed_) return absl::CancelledError("the queue is closed");
    if (items_.size() >= capacity_) return absl::ResourceExhaustedError("the queue is full");
    Append(std::move(item));
    return absl::OkStatus();
  }
  absl::Status TryPush(const T& item) ABSL_LOCKS_EXCLUDED(mutex_) { return TryPush(T(item)); }

  // Blocks while the queue is empty, until `deadline`. The oldest item, CANCELLED (closed and
  // empty) or DEADLINE_EXCEEDED.
  absl::StatusOr<T> Pop(absl::Time deadline) ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(mutex_);
    changed_items_.WaitUntil(mutex_, deadline, [this] {
      mutex_.AssertHeld();
      return closed_ || !items_.empty();
    });
    if (!items_.empty()) return TakeFirst();
    if (closed_) return absl::CancelledError("the queue is closed");
    return absl::DeadlineExceededError("the queue stayed empty until the deadline");
  }

  // Never blocks. The oldest item, or nothing when the queue is empty, closed or not.
  std::optional<T> TryPop() ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(mutex_);
    if (items_.empty()) return std::nullopt;
    return TakeFirst();
  }

  // May be called more than once.
  void Close() ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(mutex_);
    closed_ = true;
    changed_items_.NotifyAll();
    changed_room_.NotifyAll();
  }

  bool closed() const ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(mutex_);
    return closed_;
  }
  // What held a moment ago; for metrics.
  std::size_t size() const ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(mutex_);
    return items_.size();
  }
  std::size_t capacity() const { return capacity_; }

 private:
  void Append(T&& item) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    items_.push_back(std::move(item));
    changed_items_.NotifyOne();
  }
  T TakeFirst() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    T item = std::move(items_.front());
    items_.pop_front();
    changed_room_.NotifyOne();
    return item;
  }

  const std::size_t capacity_;
  mutable Mutex mutex_;
  CondVar changed_items_;
  CondVar changed_room_;
  std::deque<T> items_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace gyre::base
