#include "actor/actor.h"

#include <spdlog/spdlog.h>

#include <functional>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "actor/group_starter.h"
#include "actor/heartbeat_loop.h"
#include "actor/lease_loop.h"
#include "actor/policy_fetcher.h"
#include "actor/policy_loop.h"
#include "actor/reward_client.h"
#include "actor/score_loop.h"
#include "actor/submit_loop.h"
#include "base/worker_thread.h"

namespace gyre::actor {
namespace {

constexpr int kSubmitThreads = 2;

// Threads that end together.
class Crew {
 public:
  void Start(const std::string& name, std::function<void(std::stop_token)> body) {
    threads_.push_back(std::make_unique<base::WorkerThread>(name, std::move(body)));
  }
  // All are told before any is waited for.
  ~Crew() {
    for (const auto& thread : threads_) thread->RequestStop();
  }

 private:
  std::vector<std::unique_ptr<base::WorkerThread>> threads_;
};

}  // namespace

Actor::Actor(Options options)
    : options_(std::move(options)),
      waits_(clock_, [this](std::string_view kind,
                            absl::Duration waited) { metrics_.AddWait(kind, waited); }),
      groups_({.max_sequences = static_cast<uint32_t>(options_.engine.max_sequences),
               .score_delay = options_.score_delay}),
      engine_(options_.engine, groups_, metrics_, waits_),
      coordinator_(options_.coordinator, MakeCallbacks(), waits_) {}

CoordinatorClient::Callbacks Actor::MakeCallbacks() {
  return {.held_leases = [this] { return groups_.HeldLeases(); },
          .on_lost =
              [this](const std::vector<uint64_t>& lease_ids) {
                for (const uint64_t lease : groups_.Lose(lease_ids)) {
                  const absl::Status status = engine_.Cancel(lease);
                  if (!status.ok()) spdlog::warn("{}", std::string(status.message()));
                }
              },
          .on_refused = [this](const absl::Status& why) { ending_.Set(why); }};
}

absl::Status Actor::Run(std::stop_token stop) {
  if (const absl::Status joined = coordinator_.Join(stop); !joined.ok()) {
    return stop.stop_requested() ? absl::OkStatus() : joined;
  }
  spdlog::info("joined the run \"{}\" at {} as member {}", coordinator_.spec().name(),
               options_.coordinator.coordinator, coordinator_.member_id());
  const absl::Status end = Work(stop);
  SayFarewell(end, stop.stop_requested());
  return end;
}

absl::Status Actor::Work(std::stop_token stop) {
  RewardClient rewarders(
      {.call_timeout = absl::Seconds(coordinator_.spec().limits().score_seconds()),
       .gone_after = absl::Seconds(coordinator_.spec().limits().member_seconds())},
      metrics_, waits_);
  PolicyFetcher fetcher(coordinator_, metrics_);
  GroupStarter starter(coordinator_.spec(), policies_, groups_, engine_);
  LeaseLoop leases(coordinator_, groups_, policies_, starter, ending_, waits_);
  PolicyLoop policies(policies_, fetcher, groups_, starter, engine_, ending_, waits_);
  ScoreLoop score(groups_, rewarders, engine_);
  SubmitLoop submit(coordinator_, groups_, leases, metrics_, waits_);
  HeartbeatLoop heartbeat(coordinator_, groups_, engine_, policies_, fetcher, rewarders, ending_,
                          waits_);

  Crew crew;
  crew.Start("heartbeat", [&](std::stop_token s) { heartbeat.Run(s); });
  crew.Start("engine", [&](std::stop_token s) { engine_.Run(s); });
  crew.Start("policy", [&](std::stop_token s) { policies.Run(s); });
  crew.Start("lease", [&](std::stop_token s) { leases.Run(s); });
  for (int i = 0; i < options_.score_threads; ++i) {
    crew.Start(absl::StrCat("score-", i), [&](std::stop_token s) { score.Run(s); });
  }
  for (int i = 0; i < kSubmitThreads; ++i) {
    crew.Start(absl::StrCat("submit-", i), [&](std::stop_token s) { submit.Run(s); });
  }
  // Ended by the coordinator's word or by whoever stops this process, so it has no deadline.
  return ending_.WaitUntil(stop, absl::InfiniteFuture()).value_or(absl::OkStatus());
}

void Actor::SayFarewell(const absl::Status& end, bool stopped) {
  const std::vector<uint64_t> held = groups_.LoseAll();
  if (!end.ok()) return;  // the coordinator does not know this actor any more
  const std::string reason = stopped ? "draining" : "the run is complete";
  spdlog::info("leaving: {}; {} leases go back", reason, held.size());
  coordinator_.ReturnAllLeases(held, reason, options_.farewell_timeout);
  coordinator_.Leave(reason, options_.farewell_timeout);
}

}  // namespace gyre::actor
