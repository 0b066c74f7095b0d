// gyre-rewarder with a fault: about a tenth of the samples get an error in place of a verdict,
// chosen by a hash of problem and text, so the same ones on every rewarder and at every attempt.
// Which samples have one can be worked out from a group's text; see IsFaulty.

#include <memory>

#include "base/digest.h"
#include "rewarder/role_main.h"
#include "rewarder/rules/countdown_rule.h"
#include "rewarder/rules/format_rule.h"

namespace gyre::rewarder {
namespace {

// SHA-256 of "ID\0TEXT": faulty if its first byte is below 26 (a tenth of 256).
bool IsFaulty(const Problem& problem, const Response& response) {
  base::Sha256 hash;
  hash.Update(problem.id());
  hash.Update(std::string_view("\0", 1));
  hash.Update(response.text.data(), response.text.size());
  return static_cast<unsigned char>(hash.Finish().bytes()[0]) < 26;
}

class FaultyRule final : public Rule {
 public:
  explicit FaultyRule(std::unique_ptr<const Rule> rule) : rule_(std::move(rule)) {}

  Verdict Check(const Problem& problem, const Response& response) const override {
    if (IsFaulty(problem, response)) return {SCORE_ERROR_TIMEOUT, "faulty on purpose", ""};
    return rule_->Check(problem, response);
  }

 private:
  const std::unique_ptr<const Rule> rule_;
};

}  // namespace
}  // namespace gyre::rewarder

int main(int argc, char** argv) {
  using namespace gyre::rewarder;
  RuleSet rules;
  rules.AddComponent("format", std::make_unique<rules::FormatRule>());
  rules.AddAccuracy("countdown",
                    std::make_unique<FaultyRule>(std::make_unique<rules::CountdownRule>()));
  return RunRewarder(argc, argv, rules);
}
