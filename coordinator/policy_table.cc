#include "coordinator/policy_table.h"

#include <utility>

namespace gyre::coordinator {

const PolicyRow& PolicyTable::Publish(PolicyRow row) {
  const int64_t version = row.key.version;
  if (const PolicyRow* before = Find(version); before != nullptr) {
    versions_of_attempt_[before->attempt].erase(version);
  }
  versions_of_attempt_[row.attempt].insert(version);
  return policies_.insert_or_assign(version, std::move(row)).first->second;
}

std::vector<PolicyKey> PolicyTable::WithdrawFrom(int64_t version) {
  std::vector<PolicyKey> withdrawn;
  for (auto at = policies_.lower_bound(version); at != policies_.end();) {
    withdrawn.push_back(at->second.key);
    versions_of_attempt_[at->second.attempt].erase(at->first);
    at = policies_.erase(at);
  }
  return withdrawn;
}

std::vector<PolicyRow> PolicyTable::ForgetManifestsBelow(int64_t version) {
  std::vector<PolicyRow> forgotten;
  // Those before were forgotten at an earlier call, so the walk ends soon.
  for (auto at = policies_.lower_bound(version); at != policies_.begin();) {
    --at;
    if (!at->second.manifest.has_id()) break;
    at->second.manifest.Clear();
    forgotten.push_back(at->second);
  }
  return forgotten;
}

const PolicyRow* PolicyTable::Find(int64_t version) const {
  const auto found = policies_.find(version);
  return found == policies_.end() ? nullptr : &found->second;
}

bool PolicyTable::IsPublished(const PolicyKey& key) const {
  const PolicyRow* row = Find(key.version);
  return row != nullptr && row->key == key;
}

bool PolicyTable::Serves(const PolicyRow& row, const StagePlan& stage) {
  if (row.stage == stage.index) return true;
  return row.stage + 1 == stage.index && row.key.version == stage.base_version &&
         stage.start == StagePlan::Start::kPrevious;
}

const PolicyRow* PolicyTable::NewestOf(uint32_t attempt) const {
  const auto versions = versions_of_attempt_.find(attempt);
  if (versions == versions_of_attempt_.end() || versions->second.empty()) return nullptr;
  return Find(*versions->second.rbegin());
}

const PolicyRow* PolicyTable::Newest() const {
  return policies_.empty() ? nullptr : &policies_.rbegin()->second;
}

}  // namespace gyre::coordinator
