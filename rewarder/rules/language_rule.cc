#include "rewarder/rules/language_rule.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "rewarder/rules/language_share.h"

namespace gyre::rewarder::rules {

Verdict LanguageRule::Check(const Problem& problem, const Response& response) const {
  const std::string language = problem.language().empty() ? "en" : problem.language();
  const auto share =
      ShareOfLanguage(response.text.substr(0, response.text.rfind("</think>")), language);
  if (!share.ok()) {
    return {absl::IsInvalidArgument(share.status()) ? SCORE_ERROR_PROBLEM : SCORE_ERROR_RULE,
            absl::StrCat("language: ", share.status().message()), ""};
  }
  return {share->ratio(),
          absl::StrFormat("language: %.4g of %d words are %s", share->of_target, share->words,
                          language),
          ""};
}

}  // namespace gyre::rewarder::rules
