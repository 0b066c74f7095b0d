#pragma once

#include <cstdint>
#include <vector>

#include "coordinator/ledger_rows.h"

namespace gyre::coordinator {

// The committed steps of the run, version after version. Part of the ledger; not thread-safe.
class StepLog {
 public:
  // Steps committed in the whole run: the present version.
  int64_t committed() const { return static_cast<int64_t>(rows_.size()); }
  // row.version is committed() + 1.
  void Append(StepRow row);
  // The step that made `version`, 1 … committed().
  const StepRow& At(int64_t version) const { return rows_[version - 1]; }
  // A replay of this version took another course.
  const StepRow& SetPolicyDigest(int64_t version, const std::string& digest);
  const std::vector<StepRow>& rows() const { return rows_; }

  // Over all steps.
  double max_logprob_difference() const { return max_logprob_difference_; }
  uint64_t logprobs_compared() const { return logprobs_compared_; }
  uint64_t tokens_trained() const { return tokens_trained_; }

 private:
  std::vector<StepRow> rows_;
  double max_logprob_difference_ = 0;
  uint64_t logprobs_compared_ = 0;
  uint64_t tokens_trained_ = 0;
};

}  // namespace gyre::coordinator
