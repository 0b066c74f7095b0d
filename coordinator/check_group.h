#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "coordinator/group_key.h"
#include "proto/group.pb.h"

namespace gyre::coordinator {

// Whether a group that an actor hands in is whole: each sample once and in order, tokens with as
// many log-probs, lengths within the sampling parameters, an outcome of every component, finite
// numbers. INVALID_ARGUMENT says what is not.
absl::Status CheckGroup(const Group& group, const std::vector<std::string>& components);

// The policies of the group's spans, each once.
std::vector<PolicyKey> PoliciesOf(const Group& group);

}  // namespace gyre::coordinator
