#include "learner/learner_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>

namespace gyre::learner {
namespace {

prometheus::Family<prometheus::Gauge>& Gauges(prometheus::Registry& registry,
                                              const std::string& name, const std::string& help) {
  return prometheus::BuildGauge().Name("gyre_" + name).Help(help).Register(registry);
}

prometheus::Family<prometheus::Counter>& Counters(prometheus::Registry& registry,
                                                  const std::string& name,
                                                  const std::string& help) {
  return prometheus::BuildCounter().Name("gyre_" + name).Help(help).Register(registry);
}

constexpr char kClipHelp[] =
    "Share of the step's trained tokens whose importance ratio was clipped, by side";

}  // namespace

LearnerMetrics::LearnerMetrics(prometheus::Registry& registry)
    : loss_(Gauges(registry, "loss", "Mean loss a trained token of the last step").Add({})),
      entropy_(Gauges(registry, "entropy", "Mean entropy a trained token of the last step, nats")
                   .Add({})),
      kl_reference_(Gauges(registry, "kl_reference",
                           "Mean k3 estimate of KL to the reference a trained token, nats")
                        .Add({})),
      clip_fraction_low_(Gauges(registry, "clip_fraction", kClipHelp).Add({{"side", "low"}})),
      clip_fraction_high_(Gauges(registry, "clip_fraction", kClipHelp).Add({{"side", "high"}})),
      importance_ratio_max_(
          Gauges(registry, "importance_ratio_max",
                 "Largest ratio of the trained to the behaviour policy in the last step")
              .Add({})),
      gradient_norm_(Gauges(registry, "gradient_norm",
                            "L2 norm before clipping, mean over the last step's updates")
                         .Add({})),
      learning_rate_(Gauges(registry, "learning_rate", "Of the last update").Add({})),
      logprob_difference_max_(
          Gauges(registry, "logprob_difference_max",
                 "Largest absolute difference of engine's and trainer's log-probs, nats")
              .Add({})),
      logprob_difference_mean_(
          Gauges(registry, "logprob_difference_mean",
                 "Mean absolute difference of engine's and trainer's log-probs, nats")
              .Add({})),
      policy_version_(Gauges(registry, "policy_version", "Steps in this rank's weights").Add({})),
      checkpoint_timestamp_(Gauges(registry, "checkpoint_timestamp_seconds",
                                   "When the last checkpoint was written, seconds since 1970")
                                .Add({})),
      nonfinite_updates_(Counters(registry, "nonfinite_updates_total",
                                  "Updates skipped because of a non-finite loss or gradient")
                             .Add({})),
      tokens_trained_(
          Counters(registry, "tokens_trained_total", "Tokens in the loss, over all ranks").Add({})),
      step_seconds_(Gauges(registry, "step_seconds", "Of the last step, by phase")),
      wait_seconds_(
          Counters(registry, "wait_seconds", "Time waited, by what was waited for, seconds")) {}

void LearnerMetrics::RecordStep(const StepMetrics& metrics) {
  loss_.Set(metrics.loss());
  entropy_.Set(metrics.entropy());
  kl_reference_.Set(metrics.kl_reference());
  clip_fraction_low_.Set(metrics.clip_fraction_low());
  clip_fraction_high_.Set(metrics.clip_fraction_high());
  importance_ratio_max_.Set(metrics.importance_ratio_max());
  gradient_norm_.Set(metrics.gradient_norm());
  learning_rate_.Set(metrics.learning_rate());
  logprob_difference_max_.Set(metrics.logprob_difference_max());
  logprob_difference_mean_.Set(metrics.logprob_difference_mean());
  nonfinite_updates_.Increment(metrics.nonfinite_updates());
  tokens_trained_.Increment(static_cast<double>(metrics.tokens_trained()));
  for (const auto& [phase, seconds] : metrics.step_seconds()) {
    step_seconds_.Add({{"phase", phase}}).Set(seconds);
  }
}

void LearnerMetrics::SetVersion(int64_t version) {
  policy_version_.Set(static_cast<double>(version));
}

void LearnerMetrics::RecordWait(std::string_view kind, absl::Duration waited) {
  wait_seconds_.Add({{"for", std::string(kind)}}).Increment(absl::ToDoubleSeconds(waited));
}

void LearnerMetrics::RecordCheckpoint(absl::Time written) {
  checkpoint_timestamp_.Set(absl::ToDoubleSeconds(written - absl::UnixEpoch()));
}

}  // namespace gyre::learner
