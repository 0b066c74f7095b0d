#include "rpc/wait_board.h"

#include <utility>

namespace gyre::rpc {

std::vector<Wait> WaitBoard::Present() const {
  const absl::Time now = clock_.Now();
  base::MutexLock lock(mutex_);
  std::vector<Wait> waits;
  for (const Entry& entry : entries_) {
    Wait wait;
    wait.set_what(entry.what);
    wait.set_seconds(absl::ToDoubleSeconds(now - entry.since));
    waits.push_back(std::move(wait));
  }
  return waits;
}

WaitBoard::Place WaitBoard::Begin(std::string what) {
  const absl::Time now = clock_.Now();
  base::MutexLock lock(mutex_);
  return entries_.insert(entries_.end(), {std::move(what), now});
}

void WaitBoard::Rename(Place place, std::string what) {
  base::MutexLock lock(mutex_);
  place->what = std::move(what);
}

void WaitBoard::End(Place place, std::string_view kind) {
  const absl::Time now = clock_.Now();
  absl::Duration waited;
  {
    base::MutexLock lock(mutex_);
    waited = now - place->since;
    entries_.erase(place);
  }
  if (listener_ != nullptr) listener_(kind, waited);
}

}  // namespace gyre::rpc
