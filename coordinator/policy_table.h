#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/ledger_rows.h"
#include "coordinator/run_plan.h"

namespace gyre::coordinator {

// The published policies of the surviving history: version → digest, one each. A policy can be
// fetched while the ranks that published it last are alive. Part of the ledger; not thread-safe.
class PolicyTable {
 public:
  // Publishes, or publishes again from other addresses. Returns the stored row. The caller has
  // settled what becomes of another digest of the same version.
  const PolicyRow& Publish(PolicyRow row);
  // As if never published. Returns what was, if anything.
  std::vector<PolicyKey> WithdrawFrom(int64_t version);
  // Empties manifests below `version`; returns the changed rows.
  std::vector<PolicyRow> ForgetManifestsBelow(int64_t version);

  const PolicyRow* Find(int64_t version) const;
  bool IsPublished(const PolicyKey& key) const;
  // Whether weights published under this row are the ones that `stage` trains: published in it, or
  // at the end of the stage before whose weights it takes over.
  static bool Serves(const PolicyRow& row, const StagePlan& stage);
  // The newest that was published by ranks of this attempt, or null.
  const PolicyRow* NewestOf(uint32_t attempt) const;
  const PolicyRow* Newest() const;

 private:
  std::map<int64_t, PolicyRow> policies_;
  std::map<uint32_t, std::set<int64_t>> versions_of_attempt_;
};

}  // namespace gyre::coordinator
