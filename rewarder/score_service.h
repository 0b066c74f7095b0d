#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <atomic>

#include "proto/rewarder.grpc.pb.h"
#include "rewarder/rule_set.h"

namespace gyre::rewarder {

// The Rewarder service over a set of rules. Stateless: it keeps counts only. Handlers run on gRPC's
// threads.
class ScoreService final : public Rewarder::Service {
 public:
  // `rules` and `registry` outlive it. A call beyond `max_calls` at once is refused with
  // RESOURCE_EXHAUSTED.
  ScoreService(const RuleSet& rules, int max_calls, prometheus::Registry& registry);

  grpc::Status Score(grpc::ServerContext* context, const ScoreRequest* request,
                     ScoreReply* reply) override;

 private:
  void Count(const Outcome& outcome);

  const RuleSet& rules_;
  const int max_calls_;
  std::atomic<int> calls_ = 0;
  prometheus::Histogram& score_seconds_;
  prometheus::Family<prometheus::Counter>& outcomes_total_;
};

}  // namespace gyre::rewarder
