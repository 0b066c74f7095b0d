#pragma once

#include "rewarder/rule.h"

namespace gyre::rewarder::rules {

// Component "language": the share of the thought's words that are of the problem's language, 0 to 1
// (DeepSeek-R1's language consistency; ShareOfLanguage). The thought is what stands before the last
// </think>, or the whole response if there is none; no words give 0. A problem whose language is
// not known is an error of kind PROBLEM.
class LanguageRule final : public Rule {
 public:
  Verdict Check(const Problem& problem, const Response& response) const override;
};

}  // namespace gyre::rewarder::rules
