#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "actor/engine_loop.h"
#include "actor/group_table.h"
#include "actor/policy_store.h"
#include "proto/run_spec.pb.h"

namespace gyre::actor {

// Turns leases whose policy is here into requests of the engine: renders the prompt by the stage's
// template, encodes it, says which random numbers to draw. Any thread.
class GroupStarter {
 public:
  GroupStarter(const RunSpec& spec, PolicyStore& policies, GroupTable& groups, EngineLoop& engine)
      : spec_(spec), policies_(policies), groups_(groups), engine_(engine) {}

  // OK, or INVALID_ARGUMENT saying why no group can be made of this lease.
  absl::Status Check(const Lease& lease) const;

  // Starts every group that waits for this policy, if it is here. Groups that cannot be made leave
  // the table with the reason.
  void StartAwaiting(const engine::PolicyIdentity& policy);

 private:
  absl::Status Start(const Lease& lease, const ReadyPolicy& ready);
  absl::StatusOr<std::vector<int32_t>> PromptTokens(const Lease& lease,
                                                    const text::Tokenizer& tokenizer) const;

  const RunSpec& spec_;
  PolicyStore& policies_;
  GroupTable& groups_;
  EngineLoop& engine_;
};

}  // namespace gyre::actor
