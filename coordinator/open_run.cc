#include "coordinator/open_run.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "coordinator/check_contents.h"
#include "spec/load_spec.h"
#include "spec/resolve.h"

namespace gyre::coordinator {
namespace {

// Payloads that training may still need.
std::vector<PayloadPlace> NeededPlaces(const LedgerContents& contents) {
  const int64_t covered = contents.checkpoints.empty() ? 0 : contents.checkpoints.back().version;
  std::vector<PayloadPlace> places;
  for (const GroupRow& row : contents.groups) {
    const bool waits = row.state == GroupState::kReady || row.state == GroupState::kAssigned;
    const bool replays = row.state == GroupState::kConsumed && row.step_version > covered;
    if ((waits || replays) && !row.place.file.empty()) places.push_back(row.place);
  }
  return places;
}

// The spec that a ledger was begun with was validated then, and its digest is the ledger's: a life
// of the coordinator after a kill does not read all the data again.
absl::StatusOr<RunSpec> LoadSpecOf(const RunFiles& files, bool has_ledger) {
  std::vector<std::string> overrides;
  if (files.learner_ranks > 0) {
    overrides.push_back(absl::StrCat("local.learner_ranks=", files.learner_ranks));
  }
  return spec::LoadSpec(files.spec_path, overrides,
                        has_ledger ? spec::NamedFiles::kLeave : spec::NamedFiles::kRead);
}

absl::Status MarkDamaged(const std::string& path, const absl::Status& status) {
  if (!absl::IsDataLoss(status)) return status;
  return absl::DataLossError(absl::StrCat(
      "the ledger ", path, " is damaged: ", status.message(),
      "; put a good copy in its place, or start the run anew in another run directory"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<OpenRun>> OpenRun::Open(const RunFiles& files,
                                                       const base::Clock& clock) {
  GYRE_RETURN_IF_ERROR(base::CreateFolders(files.run_dir));
  GYRE_ASSIGN_OR_RETURN(RunLock lock, RunLock::Take(files.run_dir));
  std::unique_ptr<OpenRun> run(new OpenRun(std::move(lock)));
  std::error_code ignored;
  run->run_dir_ = std::filesystem::absolute(files.run_dir, ignored).lexically_normal().string();
  const std::string ledger_path = absl::StrCat(run->run_dir_, "/ledger.sqlite");
  const bool has_ledger = base::Exists(ledger_path);
  if (has_ledger && !files.resume) {
    return absl::FailedPreconditionError(
        absl::StrCat("the run directory ", files.run_dir,
                     " already holds a run; go on with --resume, or use another directory"));
  }
  GYRE_ASSIGN_OR_RETURN(run->spec_, LoadSpecOf(files, has_ledger));
  run->spec_text_ = spec::SpecToText(run->spec_);
  run->spec_digest_ = std::string(spec::SpecDigest(run->spec_).bytes());
  GYRE_ASSIGN_OR_RETURN(run->sources_, OpenProblemSources(run->spec_));
  GYRE_ASSIGN_OR_RETURN(run->plan_, MakeRunPlan(run->spec_, SizesOf(run->sources_),
                                                run->spec_.local().learner_ranks()));
  GYRE_ASSIGN_OR_RETURN(run->rows_, LedgerStore::Open(ledger_path, run->spec_digest_));
  absl::StatusOr<LedgerContents> contents = run->rows_->Load();
  if (!contents.ok()) return MarkDamaged(ledger_path, contents.status());
  GYRE_RETURN_IF_ERROR(MarkDamaged(ledger_path, CheckContents(run->plan_, *contents)));
  GYRE_ASSIGN_OR_RETURN(run->payloads_, GroupFiles::Open(absl::StrCat(run->run_dir_, "/groups"),
                                                         NeededPlaces(*contents)));
  GYRE_ASSIGN_OR_RETURN(run->exports_,
                        Exports::Open(run->run_dir_, run->plan_, *contents, *run->rows_));
  run->ledger_ = std::make_unique<Ledger>(run->plan_, *contents, clock.Now());
  return run;
}

}  // namespace gyre::coordinator
