#include "coordinator/run_metrics.h"

#include "absl/strings/str_split.h"
#include "google/protobuf/descriptor.h"

namespace gyre::coordinator {
namespace {

// A number of StepMetrics that is shown as it is.
struct StepGauge {
  const char* field;
  const char* name;
  const char* help;
};

constexpr StepGauge kStepGauges[] = {
    {"reward_mean", "gyre_reward_mean", "Mean total of the last step's scored samples (1)"},
    {"reward_std", "gyre_reward_std", "Standard deviation of the last step's totals (1)"},
    {"accuracy", "gyre_accuracy", "Mean of component accuracy in the last step (0 to 1)"},
    {"response_tokens_mean", "gyre_response_tokens_mean",
     "Mean response of the last step (tokens)"},
    {"response_tokens_max", "gyre_response_tokens_max",
     "Longest response of the last step (tokens)"},
    {"truncated_fraction", "gyre_truncated_fraction",
     "Share of the last step's samples that were cut (0 to 1)"},
    {"zero_variance_groups_fraction", "gyre_zero_variance_groups_fraction",
     "Share of the last step's groups without gradient (0 to 1)"},
    {"policy_lag_mean", "gyre_policy_lag", "Mean age of the last step's policies (steps)"},
    {"probe_difference_max", "gyre_probe_difference_max",
     "Largest difference of probe log-probs, actors against learner, in the last step (nats)"},
    {"loss", "gyre_loss", "Loss of the last step (nats per token)"},
    {"entropy", "gyre_entropy", "Mean entropy over the last step's trained tokens (nats)"},
    {"kl_reference", "gyre_kl_reference",
     "k3 estimate of the KL to the reference in the last step (nats)"},
    {"importance_ratio_max", "gyre_importance_ratio_max",
     "Largest importance ratio of the last step (1)"},
    {"gradient_norm", "gyre_gradient_norm",
     "Mean gradient norm of the last step before clipping (1)"},
    {"learning_rate", "gyre_learning_rate", "Learning rate of the last update (1)"},
    {"logprob_difference_max", "gyre_logprob_difference_max",
     "Largest difference of log-probs, engine against learner, in the last step (nats)"},
    {"logprob_difference_mean", "gyre_logprob_difference_mean",
     "Mean difference of log-probs, engine against learner, in the last step (nats)"},
};

prometheus::Family<prometheus::Gauge>& GaugeFamily(prometheus::Registry& registry,
                                                   const std::string& name,
                                                   const std::string& help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

prometheus::Family<prometheus::Counter>& CounterFamily(prometheus::Registry& registry,
                                                       const std::string& name,
                                                       const std::string& help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

}  // namespace

RunMetrics::RunMetrics(prometheus::Registry& registry)
    : registry_(registry),
      reward_component_(
          GaugeFamily(registry, "gyre_reward", "Mean of a reward component in the last step (1)")),
      clip_fraction_(
          GaugeFamily(registry, "gyre_clip_fraction",
                      "Share of the last step's tokens whose ratio was clipped (0 to 1)")),
      step_seconds_(
          GaugeFamily(registry, "gyre_step_seconds", "Time of the last step by phase (seconds)")),
      groups_(GaugeFamily(registry, "gyre_groups", "Groups by state (groups)")),
      members_(
          GaugeFamily(registry, "gyre_members", "Members that take part, by role (processes)")),
      eval_accuracy_(GaugeFamily(registry, "gyre_eval_accuracy",
                                 "Accuracy of a stage's last evaluation (0 to 1)")),
      groups_dropped_(CounterFamily(registry, "gyre_groups_dropped_total",
                                    "Groups dropped, by reason (groups)")),
      outcome_errors_(CounterFamily(registry, "gyre_outcome_errors_total",
                                    "Samples of trained groups whose component failed (samples)")),
      nonfinite_updates_(
          Counter("gyre_nonfinite_updates_total",
                  "Updates skipped since loss or gradient was not finite (updates)")),
      tokens_generated_(
          Counter("gyre_tokens_generated_total", "Tokens of accepted groups (tokens)")),
      tokens_trained_(Counter("gyre_tokens_trained_total", "Tokens trained on (tokens)")),
      lease_expiries_(
          Counter("gyre_lease_expiries_total", "Leases that ended without their group (leases)")),
      policy_version_(Gauge("gyre_policy_version", "Steps committed in the run (steps)")),
      checkpoint_timestamp_(
          Gauge("gyre_checkpoint_timestamp_seconds",
                "When this process last saw a new checkpoint named (Unix seconds)")) {
  for (const StepGauge& gauge : kStepGauges) {
    step_gauges_[gauge.field] = &Gauge(gauge.name, gauge.help);
  }
}

prometheus::Gauge& RunMetrics::Gauge(const std::string& name, const std::string& help) {
  return GaugeFamily(registry_, name, help).Add({});
}

prometheus::Counter& RunMetrics::Counter(const std::string& name, const std::string& help) {
  return CounterFamily(registry_, name, help).Add({});
}

void RunMetrics::Raise(prometheus::Counter& counter, double total) {
  if (total > counter.Value()) counter.Increment(total - counter.Value());
}

void RunMetrics::SetStep(const StepMetrics& metrics) {
  const google::protobuf::Descriptor& type = *metrics.GetDescriptor();
  for (const auto& [field, gauge] : step_gauges_) {
    gauge->Set(metrics.GetReflection()->GetDouble(metrics, type.FindFieldByName(field)));
  }
  for (const auto& [component, mean] : metrics.reward()) {
    reward_component_.Add({{"component", component}}).Set(mean);
  }
  clip_fraction_.Add({{"side", "low"}}).Set(metrics.clip_fraction_low());
  clip_fraction_.Add({{"side", "high"}}).Set(metrics.clip_fraction_high());
  for (const auto& [phase, seconds] : metrics.step_seconds()) {
    step_seconds_.Add({{"phase", phase}}).Set(seconds);
  }
  for (const auto& [error, samples] : metrics.outcome_errors()) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(error, '/');
    outcome_errors_.Add({{"component", parts.first}, {"kind", parts.second}})
        .Increment(static_cast<double>(samples));
  }
  nonfinite_updates_.Increment(metrics.nonfinite_updates());
}

void RunMetrics::Update(const Ledger& ledger, absl::Time now) {
  for (; steps_seen_ < ledger.version(); ++steps_seen_) {
    SetStep(ledger.steps().At(steps_seen_ + 1).metrics);
  }
  policy_version_.Set(static_cast<double>(ledger.version()));
  Raise(tokens_generated_, static_cast<double>(ledger.tokens_generated()));
  Raise(tokens_trained_, static_cast<double>(ledger.steps().tokens_trained()));
  Raise(lease_expiries_, static_cast<double>(ledger.lease_expiries()));
  const GroupCounts counts = ledger.tally().ToProto();
  groups_.Add({{"state", "pending"}}).Set(static_cast<double>(counts.pending()));
  groups_.Add({{"state", "leased"}}).Set(static_cast<double>(counts.leased()));
  groups_.Add({{"state", "ready"}}).Set(static_cast<double>(counts.ready()));
  groups_.Add({{"state", "assigned"}}).Set(static_cast<double>(counts.assigned()));
  groups_.Add({{"state", "consumed"}}).Set(static_cast<double>(counts.consumed()));
  groups_.Add({{"state", "evaluated"}}).Set(static_cast<double>(counts.evaluated()));
  groups_.Add({{"state", "dropped"}}).Set(static_cast<double>(counts.dropped()));
  for (const auto& [reason, groups] : counts.dropped_by_reason()) {
    Raise(groups_dropped_.Add({{"reason", reason}}), static_cast<double>(groups));
  }
  members_.Add({{"role", "actor"}}).Set(static_cast<double>(ledger.members().CountOf(ACTOR)));
  members_.Add({{"role", "rewarder"}}).Set(static_cast<double>(ledger.members().CountOf(REWARDER)));
  members_.Add({{"role", "learner"}}).Set(static_cast<double>(ledger.members().CountOf(LEARNER)));
  for (const EvalResult& result : ledger.Evaluations()) {
    eval_accuracy_.Add({{"stage", result.stage()}}).Set(result.accuracy());
  }
  if (ledger.checkpoints().covered_version() > checkpoint_seen_) {
    checkpoint_seen_ = ledger.checkpoints().covered_version();
    checkpoint_timestamp_.Set(absl::ToDoubleSeconds(now - absl::UnixEpoch()));
  }
}

}  // namespace gyre::coordinator
