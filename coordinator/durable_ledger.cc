#include "coordinator/durable_ledger.h"

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "coordinator/export_lines.h"
#include "spdlog/spdlog.h"

namespace gyre::coordinator {
namespace {

// How often leases and members are looked at when nothing happens.
constexpr absl::Duration kTick = absl::Milliseconds(100);
// The ledger is looked at many times in this time, unless the process stands still.
constexpr absl::Duration kStoodStill = absl::Seconds(2);
// A round of the disk that takes longer has hung; its callers may try again.
constexpr absl::Duration kDiskPatience = absl::Seconds(60);

template <typename T>
void Append(std::vector<T>& to, std::vector<T> from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

DurableLedger::DurableLedger(std::unique_ptr<Ledger> ledger, Stores stores,
                             const base::Clock& clock, std::function<void(const Ledger&)> on_commit)
    : stores_(std::move(stores)),
      clock_(clock),
      on_commit_(std::move(on_commit)),
      ledger_(std::move(ledger)),
      seen_(clock.Now()),
      remover_(stores_.payloads, stores_.run_dir),
      writer_("ledger writer", [this](std::stop_token stop) { Run(stop); }) {
  // The new epoch is durable before anybody is answered, since every answer waits for it.
  base::MutexLock lock(mutex_);
  Collect();
  // A kill may have come between a removal's row and the removal.
  for (const auto& [version, checkpoint] : ledger_->checkpoints().all()) {
    if (checkpoint.removed) pending_.removed_checkpoints.push_back(checkpoint.folder);
  }
}

DurableLedger::~DurableLedger() {
  writer_.RequestStop();
  writer_.Join();
}

absl::Time DurableLedger::Now() {
  const absl::Time now = clock_.Now();
  if (now - seen_ > kStoodStill) {
    ledger_->Excuse(now - seen_);
    excused_ += now - seen_;
  }
  seen_ = now;
  return now;
}

DurableLedger::Told DurableLedger::PresentNews() const {
  return {.finished = ledger_->finished(), .policy = ledger_->live_policy()};
}

absl::StatusOr<HeartbeatReply> DurableLedger::Heartbeat(const HeartbeatRequest& request) {
  base::MutexLock lock(mutex_);
  GYRE_RETURN_IF_ERROR(CheckOpen());
  GYRE_ASSIGN_OR_RETURN(HeartbeatReply reply, ledger_->Heartbeat(request, Now()));
  Collect();
  if (durable_ == sequence_) told_ = PresentNews();
  reply.set_finished(told_.finished);
  reply.clear_policy();
  if (told_.policy.has_value()) *reply.mutable_policy() = ToProto(*told_.policy);
  return reply;
}

absl::Status DurableLedger::CheckOpen() const {
  if (!broken_.ok()) {
    return absl::UnavailableError(
        absl::StrCat("the ledger cannot be written: ", broken_.message()));
  }
  if (closed_) return absl::UnavailableError("the coordinator is stopping");
  return absl::OkStatus();
}

void DurableLedger::Collect() {
  Ledger::Effects effects = ledger_->TakeEffects();
  sequence_ += effects.rows.size();
  if (!effects.rows.empty() || effects.summary_due) {
    WakePolls();
    pending_changed_.NotifyOne();
  }
  Append(pending_.rows, std::move(effects.rows));
  Append(pending_.covered_steps, std::move(effects.covered_steps));
  Append(pending_.removed_checkpoints, std::move(effects.removed_checkpoints));
  pending_.summary_due |= effects.summary_due;
}

absl::Status DurableLedger::WaitDurable(uint64_t sequence) {
  const bool done = written_.WaitUntil(mutex_, absl::Now() + kDiskPatience, [&] {
    mutex_.AssertHeld();
    return durable_ >= sequence || !broken_.ok();
  });
  if (!broken_.ok()) return CheckOpen();
  if (!done) return absl::UnavailableError("the ledger's disk does not answer");
  return absl::OkStatus();
}

DurableLedger::Batch DurableLedger::TakeBatch() {
  Batch batch{.effects = std::exchange(pending_, {}),
              .summary = {},
              .end = sequence_,
              .told = PresentNews()};
  if (batch.effects.summary_due) {
    const std::string present = !ledger_->failure().empty() ? "failed"
                                : ledger_->finished()       ? "finished"
                                                            : status_;
    batch.summary = Summary(*ledger_, present, clock_.Now());
  }
  return batch;
}

absl::Status DurableLedger::Write(const Batch& batch) {
  GYRE_RETURN_IF_ERROR(stores_.payloads.Sync());
  GYRE_RETURN_IF_ERROR(stores_.rows.Write(batch.effects.rows));
  GYRE_RETURN_IF_ERROR(stores_.exports.Append(batch.effects.rows));
  if (!batch.summary.empty()) return stores_.exports.WriteSummary(batch.summary);
  return absl::OkStatus();
}

void DurableLedger::RemoveLeftovers(Ledger::Effects effects) {
  for (const auto& [stage, step] : effects.covered_steps) remover_.RemovePayloads(stage, step);
  for (std::string& folder : effects.removed_checkpoints) remover_.RemoveFolder(std::move(folder));
}

void DurableLedger::Run(std::stop_token stop) {
  while (true) {
    Batch batch;
    absl::Duration excused;
    bool idle = false;
    {
      base::MutexLock lock(mutex_);
      const auto is_due = [&] {
        mutex_.AssertHeld();
        return !pending_.rows.empty() || pending_.summary_due;
      };
      pending_changed_.WaitUntil(mutex_, stop, absl::Now() + kTick, is_due);
      if (!closed_) ledger_->Tick(Now());
      Collect();
      excused = std::exchange(excused_, absl::ZeroDuration());
      idle = !is_due();
      if (idle) {
        if (stop.stop_requested()) return;
        RemoveLeftovers(std::exchange(pending_, {}));
        // Leases that ended are no rows, but somebody may have their groups now.
        on_commit_(*ledger_);
        WakePolls();
      } else {
        batch = TakeBatch();
        writing_ = true;
      }
    }
    if (excused > absl::ZeroDuration()) {
      // Not under the lock: the log's disk may be the one that stands still.
      spdlog::warn("nobody could be heard for {}; it counts against no lease and no member",
                   absl::FormatDuration(excused));
    }
    if (idle) continue;
    const absl::Status written = Write(batch);
    if (!written.ok()) spdlog::error("{}", written.ToString());
    {
      base::MutexLock lock(mutex_);
      writing_ = false;
      if (written.ok()) {
        durable_ = batch.end;
        told_ = batch.told;
        on_commit_(*ledger_);
      } else {
        broken_ = written;
        closed_ = true;
        WakePolls();
      }
      written_.NotifyAll();
      if (!written.ok()) return;
    }
    RemoveLeftovers(std::move(batch.effects));
  }
}

absl::Status DurableLedger::Close(const std::string& summary_status) {
  base::MutexLock lock(mutex_);
  if (!closed_) {
    ledger_->RecordWallTime(Now());
    Collect();
  }
  closed_ = true;
  status_ = summary_status;
  pending_.summary_due = true;
  pending_changed_.NotifyOne();
  WakePolls();
  // The writer is the only one who writes; what is pending now is its last round.
  const bool done = written_.WaitUntil(mutex_, absl::Now() + kDiskPatience, [&] {
    mutex_.AssertHeld();
    return !broken_.ok() || (!writing_ && pending_.rows.empty() && !pending_.summary_due);
  });
  if (!broken_.ok()) return broken_;
  return done ? absl::OkStatus() : absl::UnavailableError("the ledger's disk does not answer");
}

bool DurableLedger::finished() const {
  base::MutexLock lock(mutex_);
  return told_.finished;
}

absl::Status DurableLedger::broken() const {
  base::MutexLock lock(mutex_);
  return broken_;
}

}  // namespace gyre::coordinator
