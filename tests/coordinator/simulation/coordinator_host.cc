#include "tests/coordinator/simulation/coordinator_host.h"

#include <iterator>
#include <variant>

#include "base/check.h"

namespace gyre::coordinator::simulation {
namespace {

constexpr absl::Duration kTick = absl::Milliseconds(500);

template <typename T>
void Append(std::vector<T>& to, std::vector<T> from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

CoordinatorHost::CoordinatorHost(World& world, RunFolder& folder, Witness& witness)
    : world_(world), folder_(folder), witness_(witness), store_(LedgerStore::OpenInMemory()) {}

void CoordinatorHost::Start() {
  ++life_;
  const LedgerContents contents = Stored();
  ledger_ = std::make_unique<Ledger>(world_.setup.plan, contents, world_.now());
  world_.log.Add("coordinator: epoch ", ledger_->epoch(), " at version ", ledger_->version());
  if (contents.run.epoch > 0) world_.counts.Add("coordinator restarted");
  sequence_ = durable_ = 0;
  told_ = {};
  writing_ = disk_broken_ = false;
  witness_.Loaded(contents, *ledger_);
  Settle(true);
  Tick(life_);
}

LedgerContents CoordinatorHost::Stored() const {
  absl::StatusOr<LedgerContents> contents = store_->Load();
  GYRE_CHECK(contents.ok(), "the store can be loaded");
  return *std::move(contents);
}

void CoordinatorHost::Crash(absl::Duration down) {
  GYRE_CHECK(up(), "only what is up can crash");
  const uint64_t lost = sequence_ - durable_;
  // A round on its way is on disk whole or not at all, and nobody was told of it.
  const bool written = writing_ && world_.dice.Chance(0.5);
  if (written) Write();
  world_.log.Add("coordinator: crashes, ", written ? "after" : "before", " its round is written; ",
                 sequence_ - durable_, " rows are lost");
  world_.counts.Add("coordinator crash");
  if (lost > 0) world_.counts.Add("coordinator crash with rows not answered for");
  if (written) world_.counts.Add("coordinator crash between write and answer");
  world_.counts.Add("rows lost by crash", sequence_ - durable_);
  ++life_;
  ledger_.reset();
  pending_ = round_ = {};
  payloads_.LoseUnsynced();
  witness_.Crashed();
  for (Waiting& waiting : std::exchange(waiting_, {})) waiting.release(false);
  for (PendingPoll& poll : std::exchange(polls_, {})) poll.drop();
  world_.schedule.After(down, [this] { Start(); });
}

void CoordinatorHost::Settle(bool quietly) {
  Ledger::Effects effects = ledger_->TakeEffects();
  if (Has(Defect::kWritesARowTwice) && !effects.rows.empty() &&
      std::holds_alternative<GroupRow>(effects.rows.front())) {
    effects.rows.push_back(effects.rows.front());
  }
  witness_.Happened(*ledger_, effects.rows);
  sequence_ += effects.rows.size();
  if (!effects.rows.empty() || !quietly) WakePolls();
  Append(pending_.rows, std::move(effects.rows));
  Append(pending_.covered_steps, std::move(effects.covered_steps));
  Append(pending_.removed_checkpoints, std::move(effects.removed_checkpoints));
  BeginRound();
}

void CoordinatorHost::BeginRound() {
  if (writing_ || pending_.rows.empty()) return;
  writing_ = true;
  // More events join the round until it begins, and what comes while it is written waits.
  const absl::Duration gather =
      world_.dice.Chance(0.5) ? absl::ZeroDuration() : absl::Milliseconds(world_.dice.Below(5));
  const absl::Duration write = world_.Fault(world_.faults.slow_disk)
                                   ? world_.dice.Between(absl::Milliseconds(50), absl::Seconds(4))
                                   : absl::Milliseconds(world_.dice.Between(1, 8));
  if (write > absl::Seconds(1)) world_.counts.Add("disk slow for more than a second");
  world_.schedule.After(gather, [this, life = life_, write] {
    if (life != life_) return;
    round_ = std::exchange(pending_, {});
    round_end_ = sequence_;
    round_words_ = ledger_->DurableStateInWords();
    round_told_ = PresentNews();
    if (!Has(Defect::kForgetsPayloads)) payloads_.Sync().IgnoreError();
    world_.schedule.After(write, [this, life] { EndRound(life); });
  });
}

void CoordinatorHost::Write() {
  const Ledger::Effects round = std::exchange(round_, {});
  if (round.rows.empty()) return;  // it has not begun
  std::vector<LedgerRow> rows = round.rows;
  if (Has(Defect::kLosesARow) && rows.size() > 1) rows.pop_back();
  const absl::Status written = store_->Write(rows);
  if (!written.ok()) world_.Violate("the store refuses rows: ", written.ToString());
  durable_ = round_end_;
  told_ = round_told_;
  witness_.Written(round.rows, std::move(round_words_));
  for (const auto& [stage, step] : round.covered_steps) {
    payloads_.Remove(stage, step).IgnoreError();
  }
  for (const std::string& removed : round.removed_checkpoints) {
    folder_.checkpoints.erase(removed);
    world_.counts.Add("checkpoint removed");
  }
}

void CoordinatorHost::EndRound(uint64_t life) {
  if (life != life_) return;
  if (std::exchange(disk_broken_, false)) {
    world_.counts.Add("disk failed");
    writing_ = false;  // nothing of the round is written
    return Crash(world_.dice.Between(absl::Milliseconds(200), absl::Seconds(3)));
  }
  Write();
  writing_ = false;
  ReleaseDurable();
  WakePolls();
  BeginRound();
}

void CoordinatorHost::ReleaseDurable() {
  while (!waiting_.empty() && waiting_.front().sequence <= durable_) {
    const Waiting waiting = std::move(waiting_.front());
    waiting_.pop_front();
    waiting.release(true);
  }
}

void CoordinatorHost::WakePolls() {
  if (polls_.empty() || polls_woken_) return;
  polls_woken_ = true;
  world_.schedule.After(absl::ZeroDuration(), [this] { RunPolls(); });
}

void CoordinatorHost::RunPolls() {
  polls_woken_ = false;
  // A poll's event may end others' waits; new polls have been asked once already.
  for (auto at = polls_.begin(); at != polls_.end() && up();) {
    at = at->ask() ? polls_.erase(at) : std::next(at);
  }
}

void CoordinatorHost::Tick(uint64_t life) {
  if (life != life_) return;
  ledger_->Tick(world_.now());
  Settle(false);
  world_.schedule.After(kTick, [this, life] { Tick(life); });
}

}  // namespace gyre::coordinator::simulation
