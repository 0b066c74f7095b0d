// What this process waits for at the moment, by name and since when: for heartbeats, `gyre status`
// and metrics. All methods from any thread; none blocks.
#pragma once

#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "proto/coordinator.pb.h"

namespace gyre::rpc {

class WaitBoard {
 public:
  // Called when a wait is over, with its kind and how long it took; any thread.
  using Listener = std::function<void(std::string_view kind, absl::Duration waited)>;

  explicit WaitBoard(const base::Clock& clock, Listener listener = nullptr)
      : clock_(clock), listener_(std::move(listener)) {}
  WaitBoard(const WaitBoard&) = delete;
  WaitBoard& operator=(const WaitBoard&) = delete;

  std::vector<Wait> Present() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  friend class NamedWait;
  struct Entry {
    std::string what;
    absl::Time since;
  };
  using Place = std::list<Entry>::iterator;

  Place Begin(std::string what) ABSL_LOCKS_EXCLUDED(mutex_);
  void Rename(Place place, std::string what) ABSL_LOCKS_EXCLUDED(mutex_);
  void End(Place place, std::string_view kind) ABSL_LOCKS_EXCLUDED(mutex_);

  const base::Clock& clock_;
  const Listener listener_;
  mutable base::Mutex mutex_;
  std::list<Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

// Stands on the board as long as it lives.
class NamedWait {
 public:
  // `kind` is one of a few words, for metrics; `what` may name steps and versions.
  NamedWait(WaitBoard& board, std::string_view kind, std::string what)
      : board_(board), kind_(kind), place_(board.Begin(std::move(what))) {}
  ~NamedWait() { board_.End(place_, kind_); }
  NamedWait(const NamedWait&) = delete;
  NamedWait& operator=(const NamedWait&) = delete;

  // The same wait, known better now.
  void Rename(std::string what) { board_.Rename(place_, std::move(what)); }

 private:
  WaitBoard& board_;
  const std::string kind_;
  const WaitBoard::Place place_;
};

}  // namespace gyre::rpc
