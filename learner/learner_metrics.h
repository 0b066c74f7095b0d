// This rank's numbers for Prometheus. Any thread; none blocks.
#pragma once

#include <prometheus/registry.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "proto/coordinator.pb.h"

namespace prometheus {
class Counter;
class Gauge;
}  // namespace prometheus

namespace gyre::learner {

class LearnerMetrics {
 public:
  explicit LearnerMetrics(prometheus::Registry& registry);

  // A step that has been made, with the learner's part of its metrics.
  void RecordStep(const StepMetrics& metrics);
  void SetVersion(int64_t version);
  // `kind` is one of a few words.
  void RecordWait(std::string_view kind, absl::Duration waited);
  void RecordCheckpoint(absl::Time written);

 private:
  prometheus::Gauge& loss_;
  prometheus::Gauge& entropy_;
  prometheus::Gauge& kl_reference_;
  prometheus::Gauge& clip_fraction_low_;
  prometheus::Gauge& clip_fraction_high_;
  prometheus::Gauge& importance_ratio_max_;
  prometheus::Gauge& gradient_norm_;
  prometheus::Gauge& learning_rate_;
  prometheus::Gauge& logprob_difference_max_;
  prometheus::Gauge& logprob_difference_mean_;
  prometheus::Gauge& policy_version_;
  prometheus::Gauge& checkpoint_timestamp_;
  prometheus::Counter& nonfinite_updates_;
  prometheus::Counter& tokens_trained_;
  prometheus::Family<prometheus::Gauge>& step_seconds_;
  prometheus::Family<prometheus::Counter>& wait_seconds_;
};

}  // namespace gyre::learner
