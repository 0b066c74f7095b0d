#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "coordinator/group_store.h"
#include "coordinator/ledger.h"
#include "coordinator/ledger_store.h"
#include "tests/coordinator/ledger_simulation/history.h"
#include "tests/coordinator/ledger_simulation/random_run.h"

namespace gyre::coordinator::simulation {

// A process of a member. It is gone when nobody owns it any more; what was to reach it is then
// lost.
class Process : public std::enable_shared_from_this<Process> {
 public:
  virtual ~Process() = default;
  virtual void Start() = 0;
  virtual std::string name() const = 0;

  absl::Time hangs_until = absl::InfinitePast();
  bool exited = false;  // by itself; the launcher starts another
};

// Virtual time, the network, the coordinator's life, and the disk that outlives it. One thread; all
// that happens follows from the seed.
class World {
 public:
  World(const RandomRun& run, bool with_faults);

  // ---- For processes.
  absl::Time now() const { return now_; }
  absl::Duration elapsed() const { return now_ - begin_; }
  bool faulty() const { return with_faults_ && elapsed() < run_.faults.end; }
  const RandomRun& run() const { return run_; }
  const RunPlan& plan() const { return run_.plan; }
  History& history() { return history_; }
  bool Chance(double probability);
  double Uniform(double low, double high);
  uint64_t Draw() { return rng_(); }
  void Log(std::string line);

  // Calls `then` on the process after a while, if it still lives; later if it hangs.
  void After(absl::Duration delay, const std::weak_ptr<Process>& process,
             std::function<void()> then);

  // A call on the coordinator: the request may be lost, late or repeated, the reply lost or late,
  // the coordinator down or killed before the effects were durable. `done` gets UNAVAILABLE then.
  template <typename Reply>
  void Call(const std::weak_ptr<Process>& process, const std::string& what,
            std::function<absl::StatusOr<Reply>(Ledger&, absl::Time)> handle,
            std::function<void(absl::StatusOr<Reply>)> done);

  // ---- The disk that ranks and coordinator share.
  std::map<std::string, std::string> checkpoints;  // folder → weights
  MemoryGroupStore& payloads() { return payloads_; }
  // The ranks that have arrived in a collective: (attempt, version) → processes.
  std::map<std::pair<uint32_t, int64_t>, std::vector<std::weak_ptr<Process>>> collectives;

  // ---- For the test.
  // Until the run is finished, something is wrong, or it takes too long.
  void Run(absl::Duration limit);
  void At(absl::Time when, std::function<void()> what);
  void CrashCoordinator();
  const Ledger* ledger() const { return ledger_.get(); }
  const std::deque<std::string>& log() const { return log_; }
  bool finished = false;

 private:
  struct Event {
    absl::Time when;
    uint64_t number;
    std::function<void()> what;
    bool operator<(const Event& other) const {
      return std::pair(when, number) > std::pair(other.when, other.number);
    }
  };

  void StartCoordinator();
  void Flush();
  // After each call on the ledger: takes effects, checks invariants, plans the next flush.
  void AfterEvent(const std::string& what);
  absl::Duration Delay();

  const RandomRun run_;
  const bool with_faults_;
  const absl::Time begin_;
  absl::Time now_;
  std::mt19937_64 rng_;
  uint64_t events_ = 0;
  std::priority_queue<Event> queue_;
  History history_;
  std::deque<std::string> log_;

  std::unique_ptr<LedgerStore> store_;
  MemoryGroupStore payloads_;
  std::unique_ptr<Ledger> ledger_;  // null while the coordinator is down
  uint64_t life_ = 0;
  Ledger::Effects pending_;
  std::vector<std::function<void()>> replies_;  // wait for the flush
  bool flush_planned_ = false;
  uint64_t flushes_ = 0;
};

template <typename Reply>
void World::Call(const std::weak_ptr<Process>& process, const std::string& what,
                 std::function<absl::StatusOr<Reply>(Ledger&, absl::Time)> handle,
                 std::function<void(absl::StatusOr<Reply>)> done) {
  // Answered once: by the first reply that gets through, or by the caller's own deadline.
  auto open = std::make_shared<bool>(true);
  auto answer = [this, process, open, done](absl::StatusOr<Reply> reply, absl::Duration delay) {
    After(delay, process, [open, done, reply = std::move(reply)]() mutable {
      if (std::exchange(*open, false)) done(std::move(reply));
    });
  };
  answer(absl::UnavailableError("no answer in time"), absl::Seconds(5) + Delay());
  const int copies = faulty() && Chance(run_.faults.repeat_message) ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    if (faulty() && Chance(run_.faults.lose_message)) continue;
    At(now_ + Delay(), [this, what, handle, answer] {
      if (ledger_ == nullptr) {
        answer(absl::UnavailableError("the coordinator is down"), Delay());
        return;
      }
      absl::StatusOr<Reply> reply = handle(*ledger_, now_);
      if (!reply.ok()) {
        const std::string text(reply.status().message());
        history_.Saw(text.substr(0, text.find_first_of(":0123456789")));
      }
      AfterEvent(absl::StrCat(what, " -> ", reply.ok() ? "OK" : reply.status().ToString()));
      if (faulty() && Chance(run_.faults.lose_message)) return;
      replies_.push_back([this, answer, reply = std::move(reply)]() mutable {
        answer(std::move(reply), Delay());
      });
    });
  }
}

}  // namespace gyre::coordinator::simulation
