// The next step, asked for on a thread of its own, so that the trainer can go on meanwhile: after
// many small steps it knows the next one before the coordinator has said so, and a commit (which
// waits for a disk) need not hold it up.
//
// The trainer's thread takes turns: one Ask or Commit, then one Await.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>

#include "absl/status/statusor.h"
#include "base/bounded_queue.h"
#include "base/worker_thread.h"
#include "learner/coordinator_session.h"
#include "proto/coordinator.pb.h"
#include "rpc/wait_board.h"

namespace gyre::learner {

class StepFeed {
 public:
  // `stop` ends waits for a next step, never a commit. Borrows session and board.
  StepFeed(CoordinatorSession& session, rpc::WaitBoard& waits, std::stop_token stop);
  // Cancels what is under way.
  ~StepFeed();
  StepFeed(const StepFeed&) = delete;
  StepFeed& operator=(const StepFeed&) = delete;

  // What comes after `version`?
  void Ask(int64_t version);
  // Commits (rank 0) or does not (a rank above: nullopt), then asks what comes after `version`. If
  // the caller foresees it, the answer is at hand as soon as the commit is taken, and a stop does
  // not cut it off.
  void Commit(std::optional<CommitStepRequest> commit, int64_t version, bool foreseen);

  // Blocks until the answer is there; it is never `wait`. CANCELLED: stopped while waiting; a
  // commit given before has been taken. Otherwise the session's errors, and the commit may not have
  // been.
  absl::StatusOr<NextStepReply> Await();

 private:
  struct Task {
    std::optional<CommitStepRequest> commit;
    int64_t version = 0;
    bool foreseen = false;
  };

  void Run();
  absl::StatusOr<NextStepReply> Perform(Task task);

  CoordinatorSession& session_;
  rpc::WaitBoard& waits_;
  const std::stop_token stop_;
  std::stop_source abandon_;
  std::optional<int64_t> foreseen_;  // version of the task under way; the caller's thread only
  // One task and one answer at most are under way.
  base::BoundedQueue<Task> tasks_{1};
  base::BoundedQueue<absl::StatusOr<NextStepReply>> answers_{1};
  base::WorkerThread thread_;
};

}  // namespace gyre::learner
