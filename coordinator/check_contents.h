#pragma once

#include "absl/status/status.h"
#include "coordinator/ledger_rows.h"
#include "coordinator/run_plan.h"

namespace gyre::coordinator {

// Whether what was stored can be the history of a run of this plan, so that the ledger can be built
// on it. DATA_LOSS names the first row that cannot.
absl::Status CheckContents(const RunPlan& plan, const LedgerContents& contents);

}  // namespace gyre::coordinator
