#include "cli/report/eval_change.h"

#include <algorithm>
#include <cmath>

namespace gyre::cli {
namespace {

constexpr char kHeldOut[] = "countdown:held_out";

}  // namespace

EvalChange LastEvalChange(const RunRecord& record) {
  const nlohmann::json& evals = List(record.summary, "evals");
  for (auto last = evals.rbegin(); last != evals.rend(); ++last) {
    const std::string stage = Text(*last, "stage");
    const auto first = std::find_if(evals.begin(), evals.end(), [&](const nlohmann::json& eval) {
      return Text(eval, "stage") == stage;
    });
    if (&*first != &*last) return {stage, &*first, &*last};
  }
  return {};
}

std::string EvalProblemsWord(const RunRecord& record, const std::string& stage) {
  bool held_out = false;
  for (const StageSpec& spec : record.spec.stage()) {
    if (spec.rl().problems() == kHeldOut) return "evaluation";
    held_out |= spec.name() == stage && spec.eval().problems() == kHeldOut;
  }
  return held_out ? "held-out" : "evaluation";
}

double ScoredMean(const nlohmann::json& eval, const char* key) {
  const uint64_t samples = Count(eval, "problems") * Count(eval, "samples_per_prompt");
  if (samples > 0 && Count(eval, "unscored_samples") >= samples) return std::nan("");
  return Number(eval, key);
}

}  // namespace gyre::cli
