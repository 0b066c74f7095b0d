#include "actor/reward_client.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/backoff.h"
#include "base/status_macros.h"
#include "base/wait_for_stop.h"
#include "rpc/call.h"
#include "rpc/channel.h"

namespace gyre::actor {
namespace {

absl::Status CheckOutcome(const ScoreRequest& request, const Outcome& outcome) {
  if (outcome.components_size() != request.components_size()) {
    return absl::InvalidArgumentError(
        absl::StrCat(outcome.components_size(), " components for ", request.components_size()));
  }
  for (int i = 0; i < outcome.components_size(); ++i) {
    const ComponentOutcome& component = outcome.components(i);
    if (component.component() != request.components(i)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "\"", component.component(), "\" in the place of \"", request.components(i), "\""));
    }
    const bool is_error = component.has_error() && component.error() != SCORE_ERROR_UNSPECIFIED;
    if (!is_error && !(component.has_value() && std::isfinite(component.value()))) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", component.component(), "\" has neither a number nor an error"));
    }
  }
  return absl::OkStatus();
}

// Requested as soon as one of two others is, while it lives.
class EitherStop {
 public:
  EitherStop(const std::stop_token& a, const std::stop_token& b)
      : on_a_(a, Request{&source_}), on_b_(b, Request{&source_}) {}
  std::stop_token token() const { return source_.get_token(); }

 private:
  struct Request {
    std::stop_source* source;
    void operator()() const { source->request_stop(); }
  };
  std::stop_source source_;
  std::stop_callback<Request> on_a_;
  std::stop_callback<Request> on_b_;
};

}  // namespace

absl::Status CheckScores(const ScoreRequest& request, const ScoreReply& reply) {
  if (reply.scored_size() != request.responses_size()) {
    return absl::InvalidArgumentError(absl::StrCat(reply.scored_size(), " outcomes for ",
                                                   request.responses_size(), " responses"));
  }
  for (int i = 0; i < reply.scored_size(); ++i) {
    if (reply.scored(i).index() != request.responses(i).index()) {
      return absl::InvalidArgumentError("outcomes in another order than the responses");
    }
    GYRE_RETURN_IF_ERROR(CheckOutcome(request, reply.scored(i).outcome()));
  }
  return absl::OkStatus();
}

void RewardClient::SetAddresses(const std::vector<std::string>& addresses, absl::Time now) {
  std::vector<std::shared_ptr<Peer>> gone;
  {
    base::MutexLock lock(mutex_);
    std::vector<std::shared_ptr<Peer>> former = std::exchange(peers_, {});
    former.insert(former.end(), missing_.begin(), missing_.end());
    for (const std::string& address : addresses) {
      const auto known = std::find_if(former.begin(), former.end(),
                                      [&](const auto& peer) { return peer->address == address; });
      if (known != former.end()) {
        peers_.push_back(*known);
        former.erase(known);
      } else {
        peers_.push_back(std::make_shared<Peer>());
        peers_.back()->address = address;
        peers_.back()->stub = Rewarder::NewStub(rpc::CreateChannel(address));
      }
      peers_.back()->last_named = now;
    }
    missing_.clear();
    for (std::shared_ptr<Peer>& peer : former) {
      const bool is_gone = now - peer->last_named >= options_.gone_after;
      (is_gone ? gone : missing_).push_back(std::move(peer));
    }
    changed_.NotifyAll();
  }
  // Not under the mutex: it ends calls of other threads.
  for (const std::shared_ptr<Peer>& peer : gone) peer->gone.request_stop();
}

std::shared_ptr<RewardClient::Peer> RewardClient::NextPeer(std::stop_token stop,
                                                           absl::Time deadline) {
  base::MutexLock lock(mutex_);
  changed_.WaitUntil(mutex_, stop, deadline, [&] {
    mutex_.AssertHeld();
    return !peers_.empty();
  });
  return peers_.empty() ? nullptr : peers_[turn_++ % peers_.size()];
}

absl::StatusOr<std::vector<Outcome>> RewardClient::Score(const ScoreRequest& request,
                                                         std::stop_token stop,
                                                         std::stop_token unwanted) {
  const rpc::NamedWait wait(waits_, "rewarder", "a rewarder");
  const EitherStop give_up(stop, unwanted);
  const absl::Time start = absl::Now();
  base::Backoff backoff(options_.initial_backoff, options_.maximum_backoff,
                        reinterpret_cast<uint64_t>(&request));
  while (!give_up.token().stop_requested()) {
    const std::shared_ptr<Peer> peer =
        NextPeer(give_up.token(), absl::Now() + options_.maximum_backoff);
    if (peer == nullptr) continue;
    const EitherStop cancel(give_up.token(), peer->gone.get_token());
    auto outcomes = TryScore(request, *peer, cancel.token());
    if (outcomes.ok()) metrics_.AddScoreCall(absl::Now() - start);
    if (outcomes.ok() || absl::IsInvalidArgument(outcomes.status()) ||
        rpc::IsTooLarge(outcomes.status())) {
      return outcomes;
    }
    if (give_up.token().stop_requested()) break;
    spdlog::warn("{}; trying the next rewarder", std::string(outcomes.status().message()));
    if (peer->gone.stop_requested()) continue;
    base::WaitForStop(give_up.token(), absl::Now() + backoff.Next());
  }
  return absl::CancelledError("the outcomes are not needed any more");
}

absl::StatusOr<std::vector<Outcome>> RewardClient::TryScore(const ScoreRequest& request, Peer& peer,
                                                            std::stop_token stop) {
  ScoreReply reply;
  GYRE_RETURN_IF_ERROR(rpc::CallOnce(
      {.method = "Rewarder.Score",
       .peer = peer.address,
       .deadline = absl::Now() + options_.call_timeout,
       .stop = stop},
      [&](grpc::ClientContext& context) { return peer.stub->Score(&context, request, &reply); }));
  // A rewarder that answers nonsense is broken: another one may not be.
  if (const absl::Status checked = CheckScores(request, reply); !checked.ok()) {
    return absl::InternalError(
        absl::StrCat("the rewarder at ", peer.address, " answered ", checked.message()));
  }
  std::vector<Outcome> outcomes;
  for (ScoreReply::Scored& scored : *reply.mutable_scored()) {
    outcomes.push_back(std::move(*scored.mutable_outcome()));
  }
  return outcomes;
}

}  // namespace gyre::actor
