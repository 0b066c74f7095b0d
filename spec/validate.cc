#include "spec/validate.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "spec/fault_list.h"
#include "spec/stage_checks.h"
#include "weights/expected_tensors.h"
#include "weights/stored_model.h"

namespace gyre::spec {
namespace {

constexpr double kMaximumProcesses = 256;
constexpr double kMaximumSequences = 1 << 16;  // what gyre-actor --max-sequences takes at most
constexpr double kMaximumCheckpoints = 1e6;

void CheckStart(const StageSpec& stage, const std::string& path,
                const std::set<std::string>& earlier_stages, const Surroundings& around,
                FaultList& faults) {
  if (!stage.has_start_from()) return;
  const std::string place = path + ".start_from";
  if (stage.has_start()) faults.Add(place, "start is set, too; leave one of them out");
  absl::string_view source = stage.start_from();
  if (absl::ConsumePrefix(&source, "stage:")) {
    if (earlier_stages.count(std::string(source)) == 0) {
      faults.Add(place, absl::StrCat("no stage before this one is called \"", source, "\""));
    }
    return;
  }
  if (around.files == NamedFiles::kLeave) return;
  const ModelFacts& model = around.model;
  const auto start = weights::OpenModel(stage.start_from());
  if (!start.ok()) {
    faults.Add(place, absl::StrCat(start.status().message(),
                                   "; name \"stage:NAME\", a Hugging Face folder or a .gguf file"));
  } else if (model.config && weights::ExpectedTensors((*start)->config()) !=
                                 weights::ExpectedTensors(*model.config)) {
    faults.Add(place,
               absl::StrCat(stage.start_from(), " holds a network of another shape than `model`"));
  }
}

void CheckStages(const Surroundings& around, FaultList& faults) {
  const RunSpec& spec = around.spec;
  if (spec.stage().empty()) faults.Add("stage", "a run needs at least one stage; add it");
  std::set<std::string> names;
  for (int i = 0; i < spec.stage_size(); ++i) {
    const StageSpec& stage = spec.stage(i);
    const std::string path = absl::StrCat("stage[", i, "]");
    faults.RequireName(stage, path, "name");
    CheckStart(stage, path, names, around, faults);
    if (!names.insert(stage.name()).second && !stage.name().empty()) {
      faults.Add(path + ".name", absl::StrCat("an earlier stage is called \"", stage.name(),
                                              "\", too; rename one"));
    }
    if (stage.has_sft()) {
      CheckSft(stage.sft(), path + ".sft", around, faults);
    } else if (stage.has_rl()) {
      CheckRl(stage.rl(), path + ".rl", around, faults);
    } else {
      faults.Add(path, "it has no kind; give it sft { ... } or rl { ... }");
      continue;
    }
    CheckEval(stage, path + ".eval", around, faults);
  }
}

void CheckLimits(const LimitsSpec& limits, FaultList& faults) {
  for (const char* field : {"lease_seconds", "lease_absolute_seconds", "score_seconds",
                            "heartbeat_seconds", "member_seconds", "collective_seconds"}) {
    faults.RequireAbove(limits, "limits", field, 0, 1e7);
  }
  if (limits.lease_absolute_seconds() < limits.lease_seconds()) {
    faults.Add("limits.lease_absolute_seconds",
               absl::StrCat("it is ", limits.lease_absolute_seconds(),
                            "; it must not be below lease_seconds, ", limits.lease_seconds()));
  }
  for (const auto& [name, seconds] : {std::pair{"lease_seconds", limits.lease_seconds()},
                                      std::pair{"member_seconds", limits.member_seconds()}}) {
    if (seconds < 2 * limits.heartbeat_seconds()) {
      faults.Add(
          absl::StrCat("limits.", name),
          absl::StrCat("it is ", seconds, "; heartbeats come every ", limits.heartbeat_seconds(),
                       " s (heartbeat_seconds), and one may be lost: allow at least two"));
    }
  }
}

void CheckLocal(const LocalSpec& local, FaultList& faults) {
  for (const char* field : {"actors", "rewarders", "learner_ranks"}) {
    faults.RequireRange(local, "local", field, 1, kMaximumProcesses);
  }
  faults.RequireRange(local, "local", "max_sequences_per_actor", 1, kMaximumSequences);
}

}  // namespace

std::vector<std::string> Validate(const SpecText& text, NamedFiles files) {
  FaultList faults(text);
  const RunSpec& spec = text.spec();
  faults.RequireName(spec, "", "name");
  CheckStages({.spec = spec, .files = files, .model = CheckModel(spec, files, faults)}, faults);
  if (spec.checkpoint().keep() < 2) {
    faults.Add("checkpoint.keep",
               absl::StrCat("it is ", spec.checkpoint().keep(),
                            "; at least 2 are kept, so that a whole one is always left"));
  }
  faults.RequireAtMost(spec.checkpoint(), "checkpoint", "keep", kMaximumCheckpoints);
  CheckLimits(spec.limits(), faults);
  CheckLocal(spec.local(), faults);
  return faults.faults();
}

}  // namespace gyre::spec
