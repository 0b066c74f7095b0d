#include "coordinator/row_words.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace gyre::coordinator {
namespace {

constexpr const char* kStateNames[kGroupStates] = {"pending",  "leased",    "ready",  "assigned",
                                                   "consumed", "evaluated", "dropped"};

}  // namespace

const char* NameOf(GroupState state) { return kStateNames[static_cast<int>(state)]; }

absl::StatusOr<GroupState> StateOf(const std::string& name) {
  for (int i = 0; i < kGroupStates; ++i) {
    if (name == kStateNames[i]) return static_cast<GroupState>(i);
  }
  return absl::DataLossError(absl::StrCat("\"", name, "\" is no state of a group"));
}

const char* NameOf(Purpose purpose) { return purpose == EVAL ? "eval" : "train"; }

absl::StatusOr<Purpose> PurposeOf(const std::string& name) {
  if (name == "train") return TRAIN;
  if (name == "eval") return EVAL;
  return absl::DataLossError(absl::StrCat("\"", name, "\" is no purpose of a group"));
}

std::string ToText(const std::vector<PolicyKey>& policies) {
  std::string text;
  for (const PolicyKey& policy : policies) {
    absl::StrAppend(&text, text.empty() ? "" : " ", policy.version, ":",
                    absl::BytesToHexString(policy.root_digest));
  }
  return text;
}

absl::StatusOr<std::vector<PolicyKey>> PoliciesOf(const std::string& text) {
  std::vector<PolicyKey> policies;
  for (absl::string_view each : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(each, ':');
    PolicyKey key;
    if (!absl::SimpleAtoi(parts.first, &key.version)) {
      return absl::DataLossError(absl::StrCat("\"", each, "\" is no policy"));
    }
    key.root_digest = absl::HexStringToBytes(parts.second);
    policies.push_back(std::move(key));
  }
  return policies;
}

}  // namespace gyre::coordinator
