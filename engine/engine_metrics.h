#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <cstdint>

#include "engine/engine.h"

namespace gyre::engine {

// An engine's counters as metrics. Set is for the engine's thread; reading the registry for any.
class EngineMetrics {
 public:
  // `registry` outlives it.
  explicit EngineMetrics(prometheus::Registry& registry);
  EngineMetrics(const EngineMetrics&) = delete;
  EngineMetrics& operator=(const EngineMetrics&) = delete;

  // The counters of one engine after another; those that only grow start at 0 with each.
  void Set(const EngineCounters& counters);

 private:
  // What a counter of the engine has grown by since `last`, which becomes `now`.
  static void Grow(prometheus::Counter& counter, uint64_t now, uint64_t& last);

  prometheus::Counter& tokens_generated_;
  prometheus::Counter& prefill_tokens_;
  prometheus::Counter& preemptions_;
  prometheus::Gauge& kv_blocks_used_fraction_;
  prometheus::Gauge& sequences_running_;
  prometheus::Gauge& sequences_waiting_;
  EngineCounters last_;  // of the engine's thread
};

}  // namespace gyre::engine
