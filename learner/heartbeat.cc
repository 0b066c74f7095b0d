#include "learner/heartbeat.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "absl/time/clock.h"
#include "base/wait_for_stop.h"

namespace gyre::learner {

Heartbeat::Heartbeat(CoordinatorSession& session, const rpc::WaitBoard& waits,
                     absl::Duration interval,
                     std::function<void(const absl::Status&)> on_attempt_over)
    : thread_("heartbeat", [&session, &waits, interval,
                            over = std::move(on_attempt_over)](std::stop_token stop) {
        do {
          const absl::Status status = session.Heartbeat(waits.Present(), stop).status();
          if (stop.stop_requested()) return;
          if (absl::IsAborted(status)) return over(status);
          // The trainer's own calls meet other errors, too, and it decides.
          if (!status.ok()) spdlog::warn("{}", std::string(status.message()));
        } while (!base::WaitForStop(stop, absl::Now() + interval));
      }) {}

}  // namespace gyre::learner
