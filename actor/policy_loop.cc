#include "actor/policy_loop.h"

#include <spdlog/spdlog.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"

namespace gyre::actor {

void PolicyLoop::Run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    const auto wanted = policies_.TakeWanted(stop, absl::Now() + absl::Seconds(10));
    if (!wanted.ok()) continue;
    policies_.Keep(groups_.PoliciesInUse());
    if (policies_.Find(*wanted) == nullptr) {
      const absl::Status status = Bring(*wanted, stop);
      if (absl::IsCancelled(status)) continue;
      if (absl::IsDataLoss(status)) return ending_.Set(status);
      if (!status.ok()) {
        spdlog::error("policy {} is not to be had: {}", wanted->version,
                      std::string(status.message()));
        for (const Lease& lease : groups_.TakeAwaiting(*wanted)) {
          groups_.Return(lease.lease_id(),
                         absl::Status(status.code(),
                                      absl::StrCat("policy not to be had: ", status.message())));
        }
        continue;
      }
    }
    starter_.StartAwaiting(*wanted);
  }
}

absl::Status PolicyLoop::Bring(const engine::PolicyIdentity& identity, std::stop_token stop) {
  const rpc::NamedWait wait(waits_, "policy", absl::StrCat("policy ", identity.version));
  GYRE_ASSIGN_OR_RETURN(auto ready, fetcher_.Fetch(identity, stop, [&] {
    return groups_.AnyAwaits(identity) || policies_.IsNewest(identity);
  }));
  spdlog::info("policy {} is here; the probe differs by {}", identity.version,
               ready->probe_difference);
  // Groups without a pinned policy go on under it; an older one is here for evaluation only.
  if (policies_.IsNewest(identity)) GYRE_RETURN_IF_ERROR(engine_.Install(ready->policy));
  policies_.Put(std::move(ready));
  return absl::OkStatus();
}

}  // namespace gyre::actor
