// Tells the coordinator, on a thread of its own, that this rank lives and what it waits for; and
// learns from it when the attempt is over, while the trainer may be blocked in a collective.
#pragma once

#include <functional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/worker_thread.h"
#include "learner/coordinator_session.h"
#include "rpc/wait_board.h"

namespace gyre::learner {

class Heartbeat {
 public:
  // `on_attempt_over` is called on the heartbeat's thread, once, after which no more are sent. It
  // may end the process. Borrows session and board.
  Heartbeat(CoordinatorSession& session, const rpc::WaitBoard& waits, absl::Duration interval,
            std::function<void(const absl::Status&)> on_attempt_over);

 private:
  base::WorkerThread thread_;
};

}  // namespace gyre::learner
