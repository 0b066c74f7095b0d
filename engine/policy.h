#pragma once

#include <compare>
#include <cstdint>

#include "absl/status/statusor.h"
#include "base/digest.h"
#include "model/network.h"
#include "proto/group.pb.h"

namespace gyre::engine {

// What PolicyId of proto/group.proto says, as a plain value.
struct PolicyIdentity {
  int64_t version = 0;
  base::Sha256Digest root_digest;

  // By version, then digest.
  auto operator<=>(const PolicyIdentity&) const = default;
};

// INVALID_ARGUMENT: the digest has not 32 bytes.
absl::StatusOr<PolicyIdentity> IdentityOf(const PolicyId& id);
PolicyId ToProto(const PolicyIdentity& identity);

// Weights ready to run. Made in the background, immutable since; shared by the engine and by those
// who keep it ready for later requests, so that it lives as long as anything runs under it.
struct Policy {
  PolicyIdentity identity;
  model::PackedNetwork network;
};

}  // namespace gyre::engine
