#include "coordinator/policy_table.h"

#include <utility>

namespace gyre::coordinator {

const PolicyRow& PolicyTable::Publish(PolicyRow row) {
  const int64_t version = row.key.version;
  return policies_.insert_or_assign(version, std::move(row)).first->second;
}

std::vector<PolicyKey> PolicyTable::WithdrawFrom(int64_t version) {
  std::vector<PolicyKey> withdrawn;
  for (auto at = policies_.lower_bound(version); at != policies_.end();) {
    withdrawn.push_back(at->second.key);
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
  for (auto at = policies_.rbegin(); at != policies_.rend(); ++at) {
    if (at->second.attempt == attempt) return &at->second;
  }
  return nullptr;
}

const PolicyRow* PolicyTable::Newest() const {
  return policies_.empty() ? nullptr : &policies_.rbegin()->second;
}

}  // namespace gyre::coordinator
