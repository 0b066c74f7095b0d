#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <map>
#include <string>

#include "coordinator/ledger.h"

namespace gyre::coordinator {

// The coordinator's Prometheus metrics (prefix gyre_; each has a help text with its unit). The one
// place that turns the ledger and its StepMetrics into gauges. For one thread at a time; scrapes
// may run meanwhile.
class RunMetrics {
 public:
  // The registry outlives this object.
  explicit RunMetrics(prometheus::Registry& registry);

  // Brings everything up to date. Cheap; called at each commit and a few times a second.
  void Update(const Ledger& ledger, absl::Time now);

 private:
  void SetStep(const StepMetrics& metrics);
  // A counter that mirrors a total which starts anew with this process's life or not at all.
  void Raise(prometheus::Counter& counter, double total);
  prometheus::Gauge& Gauge(const std::string& name, const std::string& help);
  prometheus::Counter& Counter(const std::string& name, const std::string& help);

  prometheus::Registry& registry_;
  prometheus::Family<prometheus::Gauge>& reward_component_;
  prometheus::Family<prometheus::Gauge>& clip_fraction_;
  prometheus::Family<prometheus::Gauge>& step_seconds_;
  prometheus::Family<prometheus::Gauge>& groups_;
  prometheus::Family<prometheus::Gauge>& members_;
  prometheus::Family<prometheus::Gauge>& eval_accuracy_;
  prometheus::Family<prometheus::Counter>& groups_dropped_;
  prometheus::Family<prometheus::Counter>& outcome_errors_;
  prometheus::Counter& nonfinite_updates_;
  prometheus::Counter& tokens_generated_;
  prometheus::Counter& tokens_trained_;
  prometheus::Counter& lease_expiries_;
  prometheus::Gauge& policy_version_;
  prometheus::Gauge& checkpoint_timestamp_;
  std::map<std::string, prometheus::Gauge*> step_gauges_;  // by field of StepMetrics
  int64_t steps_seen_ = 0;
  int64_t checkpoint_seen_ = 0;
};

}  // namespace gyre::coordinator
