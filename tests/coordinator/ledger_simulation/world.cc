#include "tests/coordinator/ledger_simulation/world.h"

#include <iterator>

#include "coordinator/check_contents.h"

namespace gyre::coordinator::simulation {
namespace {

constexpr size_t kLogLines = 400;

template <typename T>
void Append(std::vector<T>& to, std::vector<T> from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

World::World(const RandomRun& run, bool with_faults)
    : run_(run),
      with_faults_(with_faults),
      begin_(absl::FromUnixSeconds(1'000'000)),
      now_(begin_),
      rng_(run.seed * 2 + with_faults),
      history_(run_.plan),
      store_(LedgerStore::OpenInMemory()) {
  StartCoordinator();
}

bool World::Chance(double probability) { return Uniform(0, 1) < probability; }

double World::Uniform(double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(rng_);
}

void World::Log(std::string line) {
  log_.push_back(absl::StrCat(absl::FormatDuration(elapsed()), " ", line));
  if (log_.size() > kLogLines) log_.pop_front();
}

absl::Duration World::Delay() {
  const absl::Duration most = faulty() ? run_.faults.max_delay : absl::Milliseconds(20);
  return most * Uniform(0, 1);
}

void World::At(absl::Time when, std::function<void()> what) {
  queue_.push({.when = when, .number = events_++, .what = std::move(what)});
}

void World::After(absl::Duration delay, const std::weak_ptr<Process>& process,
                  std::function<void()> then) {
  At(now_ + delay, [this, process, then = std::move(then)] {
    const std::shared_ptr<Process> alive = process.lock();
    if (alive == nullptr || alive->exited) return;
    if (alive->hangs_until > now_) {
      After(alive->hangs_until - now_, process, then);
      return;
    }
    then();
  });
}

void World::StartCoordinator() {
  absl::StatusOr<LedgerContents> contents = store_->Load();
  if (!contents.ok()) return history_.Fault(contents.status().ToString());
  if (const absl::Status checked = CheckContents(run_.plan, *contents); !checked.ok()) {
    return history_.Fault(checked.ToString());
  }
  ledger_ = std::make_unique<Ledger>(run_.plan, *contents, now_);
  ++life_;
  AfterEvent(absl::StrCat("the coordinator starts, epoch ", ledger_->epoch()));
}

void World::CrashCoordinator() {
  if (ledger_ == nullptr) return;
  Log("the coordinator is killed");
  history_.Saw("coordinator killed");
  const bool all_durable = pending_.rows.empty();
  const std::string before = all_durable ? ledger_->DurableStateInWords() : "";
  ledger_ = nullptr;
  pending_ = {};
  replies_.clear();
  flush_planned_ = false;
  payloads_.LoseUnsynced();
  At(now_ + absl::Seconds(Uniform(0.1, 3)), [this, all_durable, before] {
    if (ledger_ != nullptr) return;
    StartCoordinator();
    if (ledger_ != nullptr && all_durable && ledger_->DurableStateInWords() != before) {
      history_.Fault(absl::StrCat("the restart changed the state from\n", before, "to\n",
                                  ledger_->DurableStateInWords()));
    }
  });
}

void World::AfterEvent(const std::string& what) {
  Log(what);
  Ledger::Effects effects = ledger_->TakeEffects();
  Append(pending_.rows, std::move(effects.rows));
  Append(pending_.covered_steps, std::move(effects.covered_steps));
  Append(pending_.removed_checkpoints, std::move(effects.removed_checkpoints));
  if (const absl::Status holds = ledger_->CheckInvariants(); !holds.ok()) {
    history_.Fault(absl::StrCat(holds.message(), " after ", what));
  }
  if (!ledger_->failure().empty()) history_.Fault(ledger_->failure());
  if (std::exchange(flush_planned_, true)) return;
  At(now_ + absl::Milliseconds(Uniform(0, 15)), [this, life = life_] {
    if (ledger_ == nullptr || life != life_) return;
    flush_planned_ = false;
    Flush();
  });
}

void World::Flush() {
  const Ledger::Effects effects = std::exchange(pending_, {});
  if (!payloads_.Sync().ok()) history_.Fault("payloads");
  if (const absl::Status written = store_->Write(effects.rows); !written.ok()) {
    history_.Fault(written.ToString());
  }
  history_.Written(effects.rows);
  for (const auto& [stage, step] : effects.covered_steps) {
    if (!payloads_.Remove(stage, step).ok()) history_.Fault("payloads");
  }
  for (const std::string& folder : effects.removed_checkpoints) checkpoints.erase(folder);
  for (const std::function<void()>& reply : std::exchange(replies_, {})) reply();
  finished = ledger_->finished();
  // Now and then, whether the disk alone would lead to the same state.
  if (++flushes_ % 64 != 0) return;
  absl::StatusOr<LedgerContents> contents = store_->Load();
  if (!contents.ok()) return history_.Fault(contents.status().ToString());
  Ledger twin(run_.plan, *contents, now_);
  if (twin.DurableStateInWords() != ledger_->DurableStateInWords()) {
    history_.Fault(absl::StrCat("the disk says\n", twin.DurableStateInWords(), "memory says\n",
                                ledger_->DurableStateInWords()));
  }
}

void World::Run(absl::Duration limit) {
  while (!finished && history_.faults().empty() && elapsed() < limit && !queue_.empty()) {
    Event event = queue_.top();
    queue_.pop();
    now_ = std::max(now_, event.when);
    event.what();
  }
}

}  // namespace gyre::coordinator::simulation
