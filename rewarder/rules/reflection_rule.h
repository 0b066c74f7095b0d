#pragma once

#include "rewarder/rule.h"

namespace gyre::rewarder::rules {

// Component "reflection": how many of the words wait, mistake, however, but, retry, error, verify,
// wrong, evaluate and check are in the response (DeepSeek-R1's count, arXiv 2501.12948 v2, C.2), in
// any case, as whole words. To be watched with weight 0: as a reward it would be farmed.
class ReflectionRule final : public Rule {
 public:
  Verdict Check(const Problem& problem, const Response& response) const override;
};

}  // namespace gyre::rewarder::rules
