#include "engine/policy.h"

#include <string>

#include "base/status_macros.h"

namespace gyre::engine {

absl::StatusOr<PolicyIdentity> IdentityOf(const PolicyId& id) {
  PolicyIdentity identity;
  identity.version = id.version();
  GYRE_ASSIGN_OR_RETURN(identity.root_digest, base::Sha256Digest::FromBytes(id.root_digest()));
  return identity;
}

PolicyId ToProto(const PolicyIdentity& identity) {
  PolicyId id;
  id.set_version(identity.version);
  id.set_root_digest(std::string(identity.root_digest.bytes()));
  return id;
}

}  // namespace gyre::engine
