#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/worker_thread.h"
#include "coordinator/exports.h"
#include "coordinator/group_store.h"
#include "coordinator/ledger.h"
#include "coordinator/ledger_store.h"
#include "coordinator/leftover_remover.h"

namespace gyre::coordinator {

// The ledger between threads and made durable. One mutex stands around the pure ledger; one thread
// writes what its events have left behind (payloads, then rows in one transaction, then the
// exports) while further events pile up for its next round. An event's answer is given only when
// everything that the event did or could see is durable, so no answer is ever taken back by a
// crash.
//
// Heartbeats and looks are the exception: they are answered at once, so that a disk that stands
// still for a while costs no member its place. A heartbeat tells what was durable last. Nor does it
// cost a place when this process stands still: time in which nothing was heard counts against
// nobody.
//
// When the disk fails, memory is ahead of it and nothing more is answered: UNAVAILABLE everywhere,
// and broken() says why. The process ends then; its next life begins from the disk.
class DurableLedger {
 public:
  // Where the ledger's effects go. All outlive this object.
  struct Stores {
    LedgerStore& rows;
    GroupStore& payloads;
    Exports& exports;
    std::string run_dir;
  };
  // `on_commit` is called with the lock held after each round in which something was committed, and
  // at each tick: for metrics. It must not block.
  DurableLedger(std::unique_ptr<Ledger> ledger, Stores stores, const base::Clock& clock,
                std::function<void(const Ledger&)> on_commit);
  // Writes what is left.
  ~DurableLedger();
  DurableLedger(const DurableLedger&) = delete;
  DurableLedger& operator=(const DurableLedger&) = delete;

  // event(Ledger&, now) → absl::Status or StatusOr. Blocks until its effects are durable (a few
  // milliseconds). UNAVAILABLE: closed, or the disk failed.
  template <typename Event>
  auto Do(Event event) -> std::invoke_result_t<Event, Ledger&, absl::Time> {
    base::MutexLock lock(mutex_);
    auto result = Answer(event);
    WakePolls();
    return result;
  }

  // For frequent events after which nobody's poll has another answer.
  template <typename Event>
  auto DoQuietly(Event event) -> std::invoke_result_t<Event, Ledger&, absl::Time> {
    base::MutexLock lock(mutex_);
    return Answer(event);
  }

  // Never waits for the disk.
  absl::StatusOr<HeartbeatReply> Heartbeat(const HeartbeatRequest& request);

  // Whether the arrival of a poll is what others wait for.
  enum class Wakes { kNobody, kOthers };
  // Calls event(Ledger&, now, arrived), and again whenever the run may have moved on, until
  // done(*result) or an error, the deadline (real time), or cancelled(), which is asked several
  // times a second. `arrived` is the time of the first call.
  template <typename Event, typename Done, typename Cancelled>
  auto Poll(absl::Time deadline, Wakes wakes, Event event, Done done, Cancelled cancelled)
      -> std::invoke_result_t<Event, Ledger&, absl::Time, absl::Time> {
    base::MutexLock lock(mutex_);
    const absl::Time arrived = Now();
    const auto asked = [&](Ledger& ledger, absl::Time now) { return event(ledger, now, arrived); };
    for (bool first = true;; first = false) {
      uint64_t seen = generation_;
      auto result = Answer(asked);
      // The event must not wake its own poll.
      if (first && wakes == Wakes::kOthers && generation_ == seen) seen = WakePolls();
      if (!result.ok() || done(*result) || cancelled()) return result;
      const bool moved = changed_.WaitUntil(mutex_, deadline, [&] {
        mutex_.AssertHeld();
        return generation_ != seen || closed_;
      });
      if (!moved) return result;
    }
  }

  // Whether the run is complete and all of it durable, its summary too. Does not block on the disk.
  bool finished() const;

  // A look at the ledger, durable or not; for status. Does not block on the disk.
  template <typename Question>
  auto Look(Question question) const -> std::invoke_result_t<Question, const Ledger&, absl::Time> {
    base::MutexLock lock(mutex_);
    return question(*ledger_, clock_.Now());
  }

  // Refuses further events with UNAVAILABLE, makes durable what is left, and writes summary.json
  // with this status. Blocks on the disk. Once.
  absl::Status Close(const std::string& summary_status);

  // Why the disk failed; OK while it works.
  absl::Status broken() const;

 private:
  // What a heartbeat tells of the run.
  struct Told {
    bool finished = false;
    std::optional<PolicyKey> policy;
  };
  struct Batch {
    Ledger::Effects effects;
    std::string summary;
    uint64_t end = 0;  // sequence_ after it
    Told told;         // once it is durable
  };

  template <typename Event>
  auto Answer(const Event& event)
      -> std::invoke_result_t<Event, Ledger&, absl::Time> ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (absl::Status open = CheckOpen(); !open.ok()) return open;
    auto result = event(*ledger_, Now());
    Collect();
    if (absl::Status durable = WaitDurable(sequence_); !durable.ok()) return durable;
    return result;
  }

  uint64_t WakePolls() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    changed_.NotifyAll();
    return ++generation_;
  }
  // Now, for an event. Notices when there was none for long.
  absl::Time Now() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Told PresentNews() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckOpen() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes the ledger's effects into the next batch and wakes the writer.
  void Collect() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status WaitDurable(uint64_t sequence) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Batch TakeBatch() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Run(std::stop_token stop);
  absl::Status Write(const Batch& batch);
  // Hands on what may go once the batch is durable.
  void RemoveLeftovers(Ledger::Effects effects);

  const Stores stores_;
  const base::Clock& clock_;
  const std::function<void(const Ledger&)> on_commit_;
  mutable base::Mutex mutex_;
  base::CondVar changed_;  // generation_ or closed_
  base::CondVar written_;  // durable_, writing_ or broken_
  base::CondVar pending_changed_;
  std::unique_ptr<Ledger> ledger_ ABSL_GUARDED_BY(mutex_);
  Ledger::Effects pending_ ABSL_GUARDED_BY(mutex_);
  uint64_t generation_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t sequence_ ABSL_GUARDED_BY(mutex_) = 0;   // rows emitted
  uint64_t durable_ ABSL_GUARDED_BY(mutex_) = 0;    // of them durable
  Told told_ ABSL_GUARDED_BY(mutex_);               // of the last moment at which all was durable
  absl::Time seen_ ABSL_GUARDED_BY(mutex_);         // of the last event
  absl::Duration excused_ ABSL_GUARDED_BY(mutex_);  // and not logged yet
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::string status_ ABSL_GUARDED_BY(mutex_) = "running";  // of an unfinished run, in the summary
  absl::Status broken_ ABSL_GUARDED_BY(mutex_);
  LeftoverRemover remover_;
  base::WorkerThread writer_;
};

}  // namespace gyre::coordinator
