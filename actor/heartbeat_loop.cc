#include "actor/heartbeat_loop.h"

#include <spdlog/spdlog.h>

#include <string>

#include "absl/time/clock.h"
#include "base/wait_for_stop.h"

namespace gyre::actor {

void HeartbeatLoop::Run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    const absl::Time next = absl::Now() + coordinator_.heartbeat_interval();
    const absl::StatusOr<HeartbeatReply> reply = coordinator_.Heartbeat(Report(), stop);
    if (reply.ok()) {
      Heed(*reply);
    } else if (!stop.stop_requested()) {
      spdlog::error("{}", std::string(reply.status().message()));
    }
    base::WaitForStop(stop, next);
  }
}

HeartbeatRequest HeartbeatLoop::Report() const {
  HeartbeatRequest request;
  for (HeartbeatRequest::LeaseProgress& progress : groups_.Progress()) {
    *request.add_leases() = std::move(progress);
  }
  for (Wait& wait : waits_.Present()) *request.add_waits() = std::move(wait);
  request.set_policy_bytes(fetcher_.bytes_received());
  request.set_tokens_generated(engine_.tokens_generated());
  request.set_sequences_running(engine_.sequences_running());
  return request;
}

void HeartbeatLoop::Heed(const HeartbeatReply& reply) {
  rewarders_.SetAddresses({reply.rewarder_addresses().begin(), reply.rewarder_addresses().end()},
                          absl::Now());
  for (const uint64_t lease :
       groups_.Lose({reply.lost_leases().begin(), reply.lost_leases().end()})) {
    spdlog::warn("lease {} is lost", lease);
    const absl::Status status = engine_.Cancel(lease);
    if (!status.ok()) spdlog::warn("{}", std::string(status.message()));
  }
  if (reply.has_policy()) {
    const auto newest = engine::IdentityOf(reply.policy());
    if (newest.ok()) policies_.SetNewest(*newest);
  }
  if (reply.finished()) ending_.Set(absl::OkStatus());
}

}  // namespace gyre::actor
