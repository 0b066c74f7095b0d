// What actors may ask this rank for: the newest few policies and the tokenizer. Filled by the
// trainer's thread, read by the service's; no method blocks.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "learner/policy_snapshot.h"
#include "proto/group.pb.h"
#include "text/tokenizer_files.h"

namespace gyre::learner {

class PolicyShelf {
 public:
  PolicyShelf() = default;
  PolicyShelf(const PolicyShelf&) = delete;
  PolicyShelf& operator=(const PolicyShelf&) = delete;

  // Once, before the first Put: the spec is known. `capacity` is at least 1: the run's largest
  // max_policy_lag + 2, so that what may be leased while the next policy is published stays.
  void Prepare(size_t capacity, text::TokenizerFiles tokenizer_files) ABSL_LOCKS_EXCLUDED(mutex_);

  // One of the same identity is replaced; beyond the capacity the oldest put goes.
  void Put(std::shared_ptr<const PolicySnapshot> snapshot) ABSL_LOCKS_EXCLUDED(mutex_);

  // Null: not held.
  std::shared_ptr<const PolicySnapshot> Find(const PolicyId& id) const ABSL_LOCKS_EXCLUDED(mutex_);
  // Null: another tokenizer, or none yet.
  std::shared_ptr<const text::TokenizerFiles> FindTokenizer(const std::string& digest) const
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  mutable base::Mutex mutex_;
  size_t capacity_ ABSL_GUARDED_BY(mutex_) = 1;
  std::string tokenizer_digest_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const text::TokenizerFiles> tokenizer_files_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::shared_ptr<const PolicySnapshot>> snapshots_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace gyre::learner
