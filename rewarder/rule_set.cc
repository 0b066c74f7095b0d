#include "rewarder/rule_set.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "rewarder/math/math_rule.h"
#include "rewarder/rules/countdown_rule.h"
#include "rewarder/rules/format_rule.h"
#include "rewarder/rules/language_rule.h"
#include "rewarder/rules/reflection_rule.h"
#include "rewarder/rules/repetition_rule.h"
#include "text/utf8.h"

namespace gyre::rewarder {
namespace {

constexpr char kAccuracy[] = "accuracy";

// An answer can be any bytes of a response, but a message carries UTF-8 only.
std::string ValidUtf8(std::string answer) {
  if (!text::FindInvalidUtf8(answer)) return answer;
  for (char& c : answer) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return answer;
}

ComponentOutcome ToOutcome(const std::string& component, Verdict verdict) {
  ComponentOutcome outcome;
  outcome.set_component(component);
  if (const auto* error = std::get_if<ScoreErrorKind>(&verdict.result)) {
    outcome.set_error(*error);
  } else if (const double value = std::get<double>(verdict.result); std::isfinite(value)) {
    outcome.set_value(value);
  } else {
    outcome.set_error(SCORE_ERROR_RULE);
    verdict.rule = absl::StrCat(verdict.rule, " (the value is not finite)");
  }
  outcome.set_rule(std::move(verdict.rule));
  outcome.set_answer(ValidUtf8(std::move(verdict.answer)));
  return outcome;
}

}  // namespace

void RuleSet::AddComponent(const std::string& component, std::unique_ptr<const Rule> rule) {
  GYRE_CHECK(component != kAccuracy, "accuracy has a rule for each kind of problem");
  GYRE_CHECK(by_component_.emplace(component, std::move(rule)).second,
             absl::StrCat("component ", component, " has one rule"));
}

void RuleSet::AddAccuracy(const std::string& kind, std::unique_ptr<const Rule> rule) {
  GYRE_CHECK(accuracy_by_kind_.emplace(kind, std::move(rule)).second,
             absl::StrCat("kind ", kind, " has one rule"));
}

const Rule* RuleSet::Find(const std::string& component, const std::string& kind) const {
  const auto& rules = component == kAccuracy ? accuracy_by_kind_ : by_component_;
  const auto found = rules.find(component == kAccuracy ? kind : component);
  return found == rules.end() ? nullptr : found->second.get();
}

Outcome RuleSet::Score(const Problem& problem, const Response& response,
                       const google::protobuf::RepeatedPtrField<std::string>& components) const {
  Outcome outcome;
  for (const std::string& component : components) {
    const Rule* rule = Find(component, problem.kind());
    *outcome.add_components() = ToOutcome(
        component, rule != nullptr ? rule->Check(problem, response)
                                   : Verdict{SCORE_ERROR_UNSUPPORTED,
                                             "no rule for this component and kind of problem", ""});
  }
  return outcome;
}

RuleSet MakeRules() {
  RuleSet set;
  set.AddComponent("format", std::make_unique<rules::FormatRule>());
  set.AddComponent("language", std::make_unique<rules::LanguageRule>());
  set.AddComponent("reflection", std::make_unique<rules::ReflectionRule>());
  set.AddComponent("repetition", std::make_unique<rules::RepetitionRule>());
  set.AddAccuracy("countdown", std::make_unique<rules::CountdownRule>());
  set.AddAccuracy("math", std::make_unique<math::MathRule>(math::Preset()));
  return set;
}

}  // namespace gyre::rewarder
