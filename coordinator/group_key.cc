#include "coordinator/group_key.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace gyre::coordinator {

GroupKey KeyOf(const GroupId& id) {
  return {.stage = id.stage(), .purpose = id.purpose(), .slot = id.slot(), .attempt = id.attempt()};
}

GroupId ToProto(const GroupKey& key) {
  GroupId id;
  id.set_stage(key.stage);
  id.set_purpose(key.purpose);
  id.set_slot(key.slot);
  id.set_attempt(key.attempt);
  return id;
}

PolicyKey KeyOf(const PolicyId& id) {
  return {.version = id.version(), .root_digest = id.root_digest()};
}

PolicyId ToProto(const PolicyKey& key) {
  PolicyId id;
  id.set_version(key.version);
  id.set_root_digest(key.root_digest);
  return id;
}

std::string Describe(const GroupKey& key) {
  return absl::StrCat("stage ", key.stage, key.purpose == EVAL ? " eval" : " train", " slot ",
                      key.slot, " attempt ", key.attempt);
}

std::string Describe(const PolicyKey& key) {
  return absl::StrCat("policy ", key.version, " (",
                      absl::BytesToHexString(key.root_digest.substr(0, 4)), ")");
}

}  // namespace gyre::coordinator
