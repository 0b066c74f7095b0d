#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/group_key.h"
#include "coordinator/group_tally.h"

namespace gyre::coordinator {

// How states, purposes and policies are written in the ledger's tables. What is read and unknown is
// DATA_LOSS.

const char* NameOf(GroupState state);
absl::StatusOr<GroupState> StateOf(const std::string& name);

const char* NameOf(Purpose purpose);
absl::StatusOr<Purpose> PurposeOf(const std::string& name);

// "12:3fa8… 13:…", digests in hexadecimal.
std::string ToText(const std::vector<PolicyKey>& policies);
absl::StatusOr<std::vector<PolicyKey>> PoliciesOf(const std::string& text);

}  // namespace gyre::coordinator
