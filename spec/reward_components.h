#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace gyre::spec {

// What a reward may be made of, as the rewarders know it (rewarder/rule_set.h): a spec that asks
// for anything else is refused before a run starts.
bool IsRewardComponent(absl::string_view name);
std::string RewardComponentNames();

// Kinds of problem whose accuracy can be checked.
bool IsProblemKind(absl::string_view name);
std::string ProblemKindNames();

}  // namespace gyre::spec
