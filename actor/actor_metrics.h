#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <memory>
#include <string_view>

#include "absl/time/time.h"
#include "engine/engine_metrics.h"

namespace gyre::actor {

// What an actor counts, in a registry of its own (names as in docs/metrics). Any thread.
class ActorMetrics {
 public:
  ActorMetrics();
  ActorMetrics(const ActorMetrics&) = delete;
  ActorMetrics& operator=(const ActorMetrics&) = delete;

  // For the engine's thread.
  engine::EngineMetrics& engine() { return engine_; }
  void AddWait(std::string_view kind, absl::Duration waited);
  void SetPolicy(int64_t version, double probe_difference, absl::Duration fetched_in);
  void AddPolicyBytes(uint64_t bytes);
  void AddDigestMismatch();
  void AddScoreCall(absl::Duration took);
  // How a group ended here: "accepted", "duplicate", "lost", "refused" or "returned".
  void AddGroupEnd(std::string_view end);

  const std::shared_ptr<prometheus::Registry>& registry() const { return registry_; }
  // For tests.
  double digest_mismatches() const { return digest_mismatches_.Value(); }

 private:
  const std::shared_ptr<prometheus::Registry> registry_;
  engine::EngineMetrics engine_;
  prometheus::Gauge& policy_version_;
  prometheus::Gauge& probe_difference_max_;
  prometheus::Histogram& policy_fetch_seconds_;
  prometheus::Counter& policy_fetch_bytes_;
  prometheus::Counter& digest_mismatches_;
  prometheus::Histogram& score_seconds_;
  prometheus::Family<prometheus::Counter>& groups_;
  prometheus::Family<prometheus::Counter>& wait_seconds_;
};

}  // namespace gyre::actor
