#include "coordinator/step_log.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace gyre::coordinator {

void StepLog::Append(StepRow row) {
  GYRE_CHECK(row.version == committed() + 1, "steps are committed one after the other");
  max_logprob_difference_ = std::max(max_logprob_difference_, row.metrics.logprob_difference_max());
  logprobs_compared_ += row.metrics.logprobs_compared();
  tokens_trained_ += row.metrics.tokens_trained();
  rows_.push_back(std::move(row));
}

const StepRow& StepLog::SetPolicyDigest(int64_t version, const std::string& digest) {
  rows_[version - 1].policy_digest = digest;
  return rows_[version - 1];
}

}  // namespace gyre::coordinator
