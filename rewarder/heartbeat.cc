#include "rewarder/heartbeat.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "absl/time/clock.h"
#include "base/build_info.h"
#include "base/status_macros.h"
#include "base/wait_for_stop.h"

namespace gyre::rewarder {
namespace {

constexpr absl::Duration kCallTimeout = absl::Seconds(5);
constexpr absl::Duration kLeaveTimeout = absl::Seconds(2);

}  // namespace

Heartbeat::Heartbeat(const Options& options, std::function<void()> on_end)
    : on_end_(std::move(on_end)),
      membership_({.coordinator = options.coordinator,
                   .role = REWARDER,
                   .name = options.name,
                   .build = base::BuildVersion(),
                   .run_token = options.run_token,
                   .address = options.service_address,
                   .call_timeout = kCallTimeout},
                  {}),
      outcome_(absl::UnavailableError("the run goes on")),
      thread_("heartbeat", [this](std::stop_token stop) { Run(stop); }) {}

Heartbeat::~Heartbeat() {
  thread_.RequestStop();
  thread_.Join();
  if (joined_) membership_.Leave("stopping", "", kLeaveTimeout);
}

absl::Status Heartbeat::outcome() const {
  base::MutexLock lock(mutex_);
  return outcome_;
}

void Heartbeat::Run(std::stop_token stop) {
  const absl::Status end = Beat(stop);
  if (stop.stop_requested()) return;
  {
    base::MutexLock lock(mutex_);
    outcome_ = end;
  }
  on_end_();
}

absl::Status Heartbeat::Beat(std::stop_token stop) {
  GYRE_RETURN_IF_ERROR(membership_.Join(stop));
  joined_ = true;
  spdlog::info("joined as member {}", membership_.member().member_id());
  while (true) {
    GYRE_ASSIGN_OR_RETURN(const HeartbeatReply reply,
                          membership_.Ask("Heartbeat", &Coordinator::Stub::Heartbeat,
                                          HeartbeatRequest(), absl::ZeroDuration(), stop));
    if (reply.finished()) return absl::OkStatus();
    if (base::WaitForStop(stop, absl::Now() + membership_.heartbeat_interval())) {
      return absl::CancelledError("stopped");
    }
  }
}

}  // namespace gyre::rewarder
