#include "cli/report/eval_change.h"

#include <algorithm>

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

}  // namespace gyre::cli
