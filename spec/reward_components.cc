#include "spec/reward_components.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_join.h"

namespace gyre::spec {
namespace {

constexpr std::array<absl::string_view, 5> kComponents = {"accuracy", "format", "language",
                                                          "reflection", "repetition"};
constexpr std::array<absl::string_view, 2> kKinds = {"countdown", "math"};

}  // namespace

bool IsRewardComponent(absl::string_view name) {
  return std::find(kComponents.begin(), kComponents.end(), name) != kComponents.end();
}

std::string RewardComponentNames() { return absl::StrJoin(kComponents, ", "); }

bool IsProblemKind(absl::string_view name) {
  return std::find(kKinds.begin(), kKinds.end(), name) != kKinds.end();
}

std::string ProblemKindNames() { return absl::StrJoin(kKinds, ", "); }

}  // namespace gyre::spec
