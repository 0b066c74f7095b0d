#include "actor/policy_store.h"

#include <algorithm>
#include <utility>

namespace gyre::actor {

std::shared_ptr<const ReadyPolicy> PolicyStore::Find(const engine::PolicyIdentity& identity) const {
  base::MutexLock lock(mutex_);
  const auto found = ready_.find(identity);
  return found == ready_.end() ? nullptr : found->second;
}

void PolicyStore::Want(const engine::PolicyIdentity& identity) {
  base::MutexLock lock(mutex_);
  if (std::find(wanted_.begin(), wanted_.end(), identity) != wanted_.end()) return;
  wanted_.push_back(identity);
  changed_.NotifyAll();
}

void PolicyStore::SetNewest(const engine::PolicyIdentity& identity) {
  base::MutexLock lock(mutex_);
  if (newest_ == identity) return;
  newest_ = identity;
  newest_taken_ = false;
  changed_.NotifyAll();
}

bool PolicyStore::IsNewest(const engine::PolicyIdentity& identity) const {
  base::MutexLock lock(mutex_);
  return newest_ == identity;
}

bool PolicyStore::NewestIsMissing() const {
  return newest_.has_value() && !newest_taken_ && ready_.count(*newest_) == 0;
}

absl::StatusOr<engine::PolicyIdentity> PolicyStore::TakeWanted(std::stop_token stop,
                                                               absl::Time deadline) {
  base::MutexLock lock(mutex_);
  const bool some = changed_.WaitUntil(mutex_, stop, deadline, [&] {
    mutex_.AssertHeld();
    return !wanted_.empty() || NewestIsMissing();
  });
  if (stop.stop_requested()) return absl::CancelledError("stopped");
  if (!some) return absl::DeadlineExceededError("no policy is wanted");
  if (wanted_.empty()) {
    newest_taken_ = true;
    return *newest_;
  }
  const engine::PolicyIdentity identity = wanted_.front();
  wanted_.pop_front();
  return identity;
}

void PolicyStore::Put(std::shared_ptr<const ReadyPolicy> ready) {
  base::MutexLock lock(mutex_);
  const engine::PolicyIdentity identity = ready->policy->identity;
  ready_.insert_or_assign(identity, std::move(ready));
}

void PolicyStore::Keep(const std::set<engine::PolicyIdentity>& in_use) {
  base::MutexLock lock(mutex_);
  std::erase_if(ready_, [&](const auto& entry) {
    mutex_.AssertHeld();
    return in_use.count(entry.first) == 0 && newest_ != entry.first;
  });
}

}  // namespace gyre::actor
