#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "proto/group.pb.h"

namespace gyre::coordinator {

// GroupId and PolicyId as plain values with an order, for keys of maps and rows.

struct GroupKey {
  uint32_t stage = 0;
  Purpose purpose = TRAIN;
  uint64_t slot = 0;
  uint32_t attempt = 0;

  auto operator<=>(const GroupKey&) const = default;
};

struct PolicyKey {
  int64_t version = 0;
  std::string root_digest;  // 32 bytes

  auto operator<=>(const PolicyKey&) const = default;
};

GroupKey KeyOf(const GroupId& id);
GroupId ToProto(const GroupKey& key);
PolicyKey KeyOf(const PolicyId& id);
PolicyId ToProto(const PolicyKey& key);

// "stage 1 train slot 12 attempt 0", for errors and logs.
std::string Describe(const GroupKey& key);
// "policy 12 (3fa81c02)": the version and the first bytes of the digest.
std::string Describe(const PolicyKey& key);

}  // namespace gyre::coordinator
