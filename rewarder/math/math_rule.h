#pragma once

#include <string>

#include "rewarder/math/preset.h"
#include "rewarder/rule.h"

namespace gyre::rewarder::math {

// Component "accuracy" for problems of kind "math": 1 if the response's answer is the problem's
// reference, 0 if it is not, and 0 where nobody can tell (the rule then says "cannot tell"): a
// policy gains nothing by answers that are hard to judge. A response that was cut off is judged by
// what there is. A reference that cannot be read is an error of kind PROBLEM.
class MathRule final : public Rule {
 public:
  explicit MathRule(const Preset& preset) : preset_(preset) {}
  Verdict Check(const Problem& problem, const Response& response) const override;

 private:
  const Preset preset_;
};

}  // namespace gyre::rewarder::math
