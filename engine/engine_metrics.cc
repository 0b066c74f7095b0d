#include "engine/engine_metrics.h"

namespace gyre::engine {
namespace {

prometheus::Counter& MakeCounter(prometheus::Registry& registry, const char* name,
                                 const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

prometheus::Gauge& MakeGauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

}  // namespace

EngineMetrics::EngineMetrics(prometheus::Registry& registry)
    : tokens_generated_(MakeCounter(registry, "gyre_tokens_generated_total",
                                    "Tokens drawn, of all samples, abandoned ones included")),
      prefill_tokens_(MakeCounter(registry, "gyre_prefill_tokens_total",
                                  "Tokens computed without drawing one: prompts, and what was "
                                  "computed again after a preemption")),
      preemptions_(MakeCounter(registry, "gyre_preemptions_total",
                               "Times that a sample gave up its part of the key-value cache")),
      kv_blocks_used_fraction_(MakeGauge(registry, "gyre_kv_blocks_used_fraction",
                                         "Share of the key-value cache's blocks in use, 0 to 1")),
      sequences_running_(
          MakeGauge(registry, "gyre_sequences_running", "Samples that are being decoded")),
      sequences_waiting_(MakeGauge(registry, "gyre_sequences_waiting",
                                   "Samples in the engine that have not started, or were "
                                   "preempted")) {}

void EngineMetrics::Set(const EngineCounters& counters) {
  if (counters.steps < last_.steps) last_ = {};  // another engine
  Grow(tokens_generated_, counters.tokens_generated, last_.tokens_generated);
  Grow(prefill_tokens_, counters.prefill_tokens_computed, last_.prefill_tokens_computed);
  Grow(preemptions_, counters.preemptions, last_.preemptions);
  last_.steps = counters.steps;
  kv_blocks_used_fraction_.Set(static_cast<double>(counters.kv_blocks_used) /
                               static_cast<double>(counters.kv_blocks));
  sequences_running_.Set(counters.sequences_running);
  sequences_waiting_.Set(counters.sequences_waiting);
}

void EngineMetrics::Grow(prometheus::Counter& counter, uint64_t now, uint64_t& last) {
  counter.Increment(static_cast<double>(now - last));
  last = now;
}

}  // namespace gyre::engine
