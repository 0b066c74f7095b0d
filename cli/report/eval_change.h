#pragma once

#include <string>

#include "cli/report/run_record.h"

namespace gyre::cli {

// The evaluations between which a run is compared: the first and the last one of the last stage
// that was evaluated at least twice. Both are nullptr where there is no such stage; else they live
// as long as the record.
struct EvalChange {
  std::string stage;
  const nlohmann::json* before = nullptr;
  const nlohmann::json* after = nullptr;
};
EvalChange LastEvalChange(const RunRecord& record);

// "held-out" where the stage is evaluated on problems that training never sees by construction,
// else "evaluation".
std::string EvalProblemsWord(const RunRecord& record, const std::string& stage);

}  // namespace gyre::cli
