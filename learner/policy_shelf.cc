#include "learner/policy_shelf.h"

#include <algorithm>
#include <utility>

namespace gyre::learner {
namespace {

bool IsOf(const std::shared_ptr<const PolicySnapshot>& snapshot, const PolicyId& id) {
  return snapshot->id().version() == id.version() &&
         snapshot->id().root_digest() == id.root_digest();
}

}  // namespace

void PolicyShelf::Prepare(size_t capacity, text::TokenizerFiles tokenizer_files) {
  base::MutexLock lock(mutex_);
  capacity_ = capacity;
  tokenizer_digest_ = std::string(text::TokenizerDigest(tokenizer_files).bytes());
  tokenizer_files_ = std::make_shared<const text::TokenizerFiles>(std::move(tokenizer_files));
}

std::shared_ptr<const text::TokenizerFiles> PolicyShelf::FindTokenizer(
    const std::string& digest) const {
  base::MutexLock lock(mutex_);
  return digest == tokenizer_digest_ ? tokenizer_files_ : nullptr;
}

void PolicyShelf::Put(std::shared_ptr<const PolicySnapshot> snapshot) {
  base::MutexLock lock(mutex_);
  std::erase_if(snapshots_, [&](const auto& old) { return IsOf(old, snapshot->id()); });
  snapshots_.push_back(std::move(snapshot));
  if (snapshots_.size() > capacity_) snapshots_.pop_front();
}

std::shared_ptr<const PolicySnapshot> PolicyShelf::Find(const PolicyId& id) const {
  base::MutexLock lock(mutex_);
  const auto found = std::find_if(snapshots_.begin(), snapshots_.end(),
                                  [&](const auto& snapshot) { return IsOf(snapshot, id); });
  return found == snapshots_.end() ? nullptr : *found;
}

}  // namespace gyre::learner
