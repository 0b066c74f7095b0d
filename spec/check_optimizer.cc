#include "absl/strings/str_cat.h"
#include "spec/stage_checks.h"

namespace gyre::spec {

void CheckOptimizer(const OptimizerSpec& optimizer, const std::string& path, double updates,
                    FaultList& faults) {
  if (!optimizer.has_learning_rate()) {
    faults.Add(path + ".learning_rate", "it is required; set it");
  } else {
    faults.RequireAbove(optimizer, path, "learning_rate", 0, 1);
  }
  if (optimizer.warmup_updates() > updates && updates > 0) {
    faults.Add(path + ".warmup_updates",
               absl::StrCat("a warm-up of ", optimizer.warmup_updates(),
                            " updates is longer than the stage, which has ", updates,
                            "; shorten it or add steps"));
  }
  faults.RequireRange(optimizer, path, "final_fraction", 0, 1);
  faults.RequireRange(optimizer, path, "beta1", 0, 0.9999999);
  faults.RequireRange(optimizer, path, "beta2", 0, 0.9999999);
  faults.RequireAbove(optimizer, path, "epsilon", 0, 1);
  faults.RequireRange(optimizer, path, "weight_decay", 0, 10);
  faults.RequireRange(optimizer, path, "clip_gradient_norm", 0, 1e9);
}

}  // namespace gyre::spec
