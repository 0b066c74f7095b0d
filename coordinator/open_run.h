#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "coordinator/coordinator_service.h"
#include "coordinator/durable_ledger.h"
#include "coordinator/exports.h"
#include "coordinator/group_files.h"
#include "coordinator/ledger.h"
#include "coordinator/ledger_store.h"
#include "coordinator/run_lock.h"
#include "coordinator/run_plan.h"

namespace gyre::coordinator {

struct RunFiles {
  std::string spec_path;
  std::string run_dir;
  bool resume = false;
  uint32_t learner_ranks = 0;  // in place of the spec's local.learner_ranks; 0: those
};

// A run directory that this process holds, with everything in it opened and brought to its last
// commit. For one thread.
class OpenRun {
 public:
  // Each error is one line that names the thing and what to do: FAILED_PRECONDITION when another
  // coordinator holds the directory, when it has a run and `resume` is false, or another run's
  // ledger; DATA_LOSS for damaged files; INVALID_ARGUMENT for the spec.
  static absl::StatusOr<std::unique_ptr<OpenRun>> Open(const RunFiles& files,
                                                       const base::Clock& clock);

  // Once.
  std::unique_ptr<Ledger> TakeLedger() { return std::move(ledger_); }
  DurableLedger::Stores stores() {
    return {.rows = *rows_, .payloads = *payloads_, .exports = *exports_, .run_dir = run_dir_};
  }
  const RunSpec& spec() const { return spec_; }
  const std::string& spec_text() const { return spec_text_; }
  const std::string& spec_digest() const { return spec_digest_; }
  const std::string& run_dir() const { return run_dir_; }
  const std::vector<ProblemSources>& sources() const { return sources_; }
  const RunPlan& plan() const { return plan_; }
  GroupStore& payloads() { return *payloads_; }

 private:
  explicit OpenRun(RunLock lock) : lock_(std::move(lock)) {}

  RunLock lock_;
  RunSpec spec_;
  std::string spec_text_;
  std::string spec_digest_;
  std::string run_dir_;  // absolute
  std::vector<ProblemSources> sources_;
  RunPlan plan_;
  std::unique_ptr<LedgerStore> rows_;
  std::unique_ptr<GroupFiles> payloads_;
  std::unique_ptr<Exports> exports_;
  std::unique_ptr<Ledger> ledger_;
};

}  // namespace gyre::coordinator
