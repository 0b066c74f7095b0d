#pragma once

#include <map>
#include <memory>
#include <string>

#include "google/protobuf/repeated_ptr_field.h"
#include "rewarder/rule.h"

namespace gyre::rewarder {

// The rules of a rewarder by what they judge. Filled by one thread, then immutable and
// thread-safe.
class RuleSet {
 public:
  // The rule of a component for all problems. A component has one rule.
  void AddComponent(const std::string& component, std::unique_ptr<const Rule> rule);
  // The rule of component "accuracy" for problems of a kind.
  void AddAccuracy(const std::string& kind, std::unique_ptr<const Rule> rule);

  // One component outcome for each that is asked for, in that order. A component or kind that is
  // not known is an error of kind UNSUPPORTED; a value that is not finite, one of kind RULE.
  Outcome Score(const Problem& problem, const Response& response,
                const google::protobuf::RepeatedPtrField<std::string>& components) const;

 private:
  const Rule* Find(const std::string& component, const std::string& kind) const;

  std::map<std::string, std::unique_ptr<const Rule>> by_component_;
  std::map<std::string, std::unique_ptr<const Rule>> accuracy_by_kind_;
};

// All rules of Gyre: `format`, and `accuracy` of the kinds countdown and math. The names are those
// of spec/reward_components.h.
RuleSet MakeRules();

}  // namespace gyre::rewarder
