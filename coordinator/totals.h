#pragma once

#include <cstdint>

#include "proto/group.pb.h"
#include "proto/ledger.pb.h"
#include "proto/run_spec.pb.h"

namespace gyre::coordinator {

// How the totals of a group are computed.
struct TotalsRule {
  // Weighted components of the total, in the order of the lease's components.
  google::protobuf::RepeatedPtrField<RewardSpec> rewards;
  bool has_overlong = false;
  OverlongSpec overlong;
};

// The rule of a purpose in a stage: TRAIN by rl.reward and rl.overlong; EVAL accuracy alone.
TotalsRule MakeTotalsRule(const StageSpec& stage, Purpose purpose);

// Soft overlong punishment for a response of so many tokens: 0 up to L_max − L_cache, then linear
// down to −1 at L_max (DAPO, arXiv 2503.14476, eq. 13).
double OverlongPenalty(const OverlongSpec& overlong, uint64_t response_tokens);

// A pure function of the group and the rule. A sample is scored if every component that the rule
// weighs has a value; its total is Σ weight · value + group shaping. Zero variance looks at the
// scored samples only.
GroupTotals ComputeTotals(const Group& group, const TotalsRule& rule);

// What the ledger keeps of the group.
GroupNumbers ComputeNumbers(const Group& group, const GroupTotals& totals, float probe_difference);

}  // namespace gyre::coordinator
