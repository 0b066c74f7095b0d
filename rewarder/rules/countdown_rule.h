#pragma once

#include "rewarder/rule.h"

namespace gyre::rewarder::rules {

// Component "accuracy" for problems of kind "countdown": 1 if the response has the right form
// (ParseTaggedResponse) and its answer is an expression (EvaluateExpression) that uses each of the
// problem's numbers exactly once and equals its target, else 0. A problem that no answer could
// solve by these rules (no numbers, no target, a number that no expression can have, more of them
// than fit into one) is an error of kind PROBLEM.
class CountdownRule final : public Rule {
 public:
  Verdict Check(const Problem& problem, const Response& response) const override;
};

}  // namespace gyre::rewarder::rules
