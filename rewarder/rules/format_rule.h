#pragma once

#include "rewarder/rule.h"

namespace gyre::rewarder::rules {

// Component "format": 1 if the response has the form that ParseTaggedResponse takes apart, else 0.
// It looks at the form only, whatever the answer is.
class FormatRule final : public Rule {
 public:
  Verdict Check(const Problem& problem, const Response& response) const override;
};

}  // namespace gyre::rewarder::rules
