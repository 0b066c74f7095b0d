#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "coordinator/coordinator_service.h"
#include "data/open_source.h"

namespace gyre::coordinator {
namespace {

absl::StatusOr<std::unique_ptr<data::ProblemSource>> Open(const RunSpec& spec,
                                                          const StageSpec& stage,
                                                          const std::string& address) {
  absl::StatusOr<std::unique_ptr<data::ProblemSource>> source =
      data::OpenProblems(address, spec.seed());
  if (source.ok()) return source;
  return absl::Status(source.status().code(),
                      absl::StrCat("stage \"", stage.name(), "\": ", source.status().message()));
}

}  // namespace

absl::StatusOr<std::vector<ProblemSources>> OpenProblemSources(const RunSpec& spec) {
  std::vector<ProblemSources> sources(spec.stage_size());
  for (int i = 0; i < spec.stage_size(); ++i) {
    const StageSpec& stage = spec.stage(i);
    if (stage.has_rl()) {
      GYRE_ASSIGN_OR_RETURN(sources[i].train, Open(spec, stage, stage.rl().problems()));
    }
    if (stage.has_eval()) {
      GYRE_ASSIGN_OR_RETURN(sources[i].eval, Open(spec, stage, stage.eval().problems()));
    }
  }
  return sources;
}

std::vector<StageSources> SizesOf(const std::vector<ProblemSources>& sources) {
  std::vector<StageSources> sizes;
  for (const ProblemSources& each : sources) {
    sizes.push_back({.train_problems = each.train == nullptr ? 0 : each.train->size(),
                     .eval_problems = each.eval == nullptr ? 0 : each.eval->size()});
  }
  return sizes;
}

}  // namespace gyre::coordinator
