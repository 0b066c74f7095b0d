#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "engine/policy.h"
#include "text/tokenizer.h"

namespace gyre::actor {

// A policy that groups can be made with.
struct ReadyPolicy {
  std::shared_ptr<const engine::Policy> policy;
  std::shared_ptr<const text::Tokenizer> tokenizer;
  float probe_difference = 0;
};

// Which policies are here and which are to be fetched: those that leases wait for first, then the
// newest one, ahead of need. Any thread.
class PolicyStore {
 public:
  PolicyStore() = default;
  PolicyStore(const PolicyStore&) = delete;
  PolicyStore& operator=(const PolicyStore&) = delete;

  // Null if it is not here.
  std::shared_ptr<const ReadyPolicy> Find(const engine::PolicyIdentity& identity) const;

  // A lease needs it.
  void Want(const engine::PolicyIdentity& identity);
  // The newest published: fetched when no lease waits for another.
  void SetNewest(const engine::PolicyIdentity& identity);
  bool IsNewest(const engine::PolicyIdentity& identity) const;

  // Blocks until a policy is wanted, which it returns and takes off the list; CANCELLED when a stop
  // is requested, DEADLINE_EXCEEDED. What a lease wants is returned also if it is here.
  absl::StatusOr<engine::PolicyIdentity> TakeWanted(std::stop_token stop, absl::Time deadline);

  void Put(std::shared_ptr<const ReadyPolicy> ready);
  // Forgets all but these and the newest.
  void Keep(const std::set<engine::PolicyIdentity>& in_use);

 private:
  bool NewestIsMissing() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable base::Mutex mutex_;
  base::CondVar changed_;
  std::map<engine::PolicyIdentity, std::shared_ptr<const ReadyPolicy>> ready_
      ABSL_GUARDED_BY(mutex_);
  std::deque<engine::PolicyIdentity> wanted_ ABSL_GUARDED_BY(mutex_);
  std::optional<engine::PolicyIdentity> newest_ ABSL_GUARDED_BY(mutex_);
  bool newest_taken_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace gyre::actor
