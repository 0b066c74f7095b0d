#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "actor/actor_metrics.h"
#include "base/mutex.h"
#include "proto/rewarder.grpc.pb.h"
#include "rpc/wait_board.h"

namespace gyre::actor {

// Calls on the rewarders, one after the other of those that there are. Any thread.
class RewardClient {
 public:
  struct Options {
    absl::Duration call_timeout = absl::Seconds(60);  // limits.score_seconds
    absl::Duration gone_after = absl::Seconds(10);    // limits.member_seconds
    absl::Duration initial_backoff = absl::Milliseconds(20);
    absl::Duration maximum_backoff = absl::Seconds(1);
  };

  RewardClient(const Options& options, ActorMetrics& metrics, rpc::WaitBoard& waits)
      : options_(options), metrics_(metrics), waits_(waits) {}
  RewardClient(const RewardClient&) = delete;
  RewardClient& operator=(const RewardClient&) = delete;

  // Those of the last heartbeat. One that is not among them gets no new calls; those that it has
  // may end well (it leaves in order, or the coordinator has just been started again) until it has
  // not been named for `gone_after`. Then it hangs or is dead, and they go to another.
  void SetAddresses(const std::vector<std::string>& addresses, absl::Time now);

  // The outcomes of request.responses, in order, each with one result for each component asked for,
  // in order. Blocks, with attempts at one rewarder after the other.
  //   CANCELLED           a stop was requested, or `unwanted`
  //   INVALID_ARGUMENT    the rewarder says that the request is malformed
  //   RESOURCE_EXHAUSTED  the request is larger than a message can be
  absl::StatusOr<std::vector<Outcome>> Score(const ScoreRequest& request, std::stop_token stop,
                                             std::stop_token unwanted);

 private:
  struct Peer {
    std::string address;
    std::unique_ptr<Rewarder::Stub> stub;
    absl::Time last_named;
    std::stop_source gone;  // requested when its calls are not waited for any more
  };

  // The next one in turn; null if there is none until `deadline` or a stop.
  std::shared_ptr<Peer> NextPeer(std::stop_token stop, absl::Time deadline);
  absl::StatusOr<std::vector<Outcome>> TryScore(const ScoreRequest& request, Peer& peer,
                                                std::stop_token stop);

  const Options options_;
  ActorMetrics& metrics_;
  rpc::WaitBoard& waits_;
  base::Mutex mutex_;
  base::CondVar changed_;
  std::vector<std::shared_ptr<Peer>> peers_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<Peer>> missing_ ABSL_GUARDED_BY(mutex_);  // that may have calls
  uint64_t turn_ ABSL_GUARDED_BY(mutex_) = 0;
};

// INVALID_ARGUMENT: `reply` is no answer to `request`: another number or order of responses or
// components, a component without value or error, a value that is no number.
absl::Status CheckScores(const ScoreRequest& request, const ScoreReply& reply);

}  // namespace gyre::actor
