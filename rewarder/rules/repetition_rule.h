#pragma once

#include "rewarder/rule.h"

namespace gyre::rewarder::rules {

// Component "repetition": the share of word triples that stood earlier in the response, negated:
// −(1 − distinct / all), −1 to 0 (open-r1's n-gram penalty, arXiv 2502.03373 appendix; n = 3).
// Words are what stands between white space, ASCII letters in lower case. Fewer than three words
// give 0.
class RepetitionRule final : public Rule {
 public:
  Verdict Check(const Problem& problem, const Response& response) const override;
};

}  // namespace gyre::rewarder::rules
