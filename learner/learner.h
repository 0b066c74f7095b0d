// One learner rank from joining to leaving. Owns the session, the collectives and the loop; the
// process around it owns the policy service and the metrics endpoint.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "learner/collectives.h"
#include "learner/coordinator_session.h"
#include "learner/learner_metrics.h"
#include "learner/model_source.h"
#include "learner/policy_shelf.h"
#include "proto/coordinator.pb.h"
#include "proto/run_spec.pb.h"
#include "rpc/wait_board.h"

namespace gyre::learner {

// How a rank ended; the value is the process's exit code.
enum class Ending {
  kDone = 0,     // the run is finished, or this process was stopped
  kFailed = 1,   // the run cannot go on
  kRestart = 3,  // the ranks form anew: start this process again
};

class Learner {
 public:
  struct Result {
    Ending ending = Ending::kDone;
    std::string why;  // one line
  };

  // `on_attempt_over` is called on another thread when the ranks form anew while this one may be
  // blocked in a collective, where nothing but the end of the process frees it at once; `ending` is
  // what the process is to end with. If it returns, Run ends when the collective does. Borrows the
  // rest.
  Learner(CoordinatorSession::Options options, PolicyShelf& shelf, rpc::WaitBoard& waits,
          LearnerMetrics& metrics, std::function<void(Ending ending)> on_attempt_over);
  ~Learner();
  Learner(const Learner&) = delete;
  Learner& operator=(const Learner&) = delete;

  // Blocks until the end; once. Leaves the run in order, with a reason.
  Result Run();

  // Any thread; does not block. Rank 0 ends at the next boundary between steps, with its version
  // committed and saved. The other ranks go on until it is gone: one that left would end the
  // attempt, and with it rank 0's right to commit and to name its checkpoint.
  void Stop();

 private:
  absl::Status RunRank();
  absl::Status FormRanks(StartPoint& start);
  absl::Status Train(const StartPoint& start);
  Result ResultOf(const absl::Status& status) const;

  CoordinatorSession::Options options_;
  PolicyShelf& shelf_;
  rpc::WaitBoard& waits_;
  LearnerMetrics& metrics_;
  const std::function<void(Ending)> on_attempt_over_;

  std::atomic<bool> stopping_ = false;
  std::atomic<bool> ended_ = false;  // the attempt's end means nothing any more
  std::stop_source stop_;            // of rank 0, and of everybody until ranks are known

  // Of Run's thread.
  std::unique_ptr<CoordinatorSession> session_;
  RunSpec spec_;
  std::unique_ptr<Collectives> collectives_;
};

}  // namespace gyre::learner
