#include "actor/actor_metrics.h"

#include <string>

namespace gyre::actor {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::Registry;

prometheus::Counter& MakeCounter(Registry& registry, const char* name, const char* help) {
  return BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

prometheus::Gauge& MakeGauge(Registry& registry, const char* name, const char* help) {
  return BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

prometheus::Histogram& MakeHistogram(Registry& registry, const char* name, const char* help) {
  return BuildHistogram().Name(name).Help(help).Register(registry).Add(
      {}, prometheus::Histogram::BucketBoundaries{0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30,
                                                  100});
}

}  // namespace

ActorMetrics::ActorMetrics()
    : registry_(std::make_shared<Registry>()),
      engine_(*registry_),
      policy_version_(
          MakeGauge(*registry_, "gyre_policy_version", "Version of the newest installed policy")),
      probe_difference_max_(MakeGauge(
          *registry_, "gyre_probe_difference_max",
          "Largest difference, in nats, between this actor's log-probabilities of the newest "
          "policy's probe and the learner's")),
      policy_fetch_seconds_(
          MakeHistogram(*registry_, "gyre_policy_fetch_seconds",
                        "Seconds from asking for a policy until it could be installed")),
      policy_fetch_bytes_(
          MakeCounter(*registry_, "gyre_policy_fetch_bytes_total", "Bytes of policies received")),
      digest_mismatches_(
          MakeCounter(*registry_, "gyre_digest_mismatches_total",
                      "Policy blocks, manifests and tokenizers refused for their digest")),
      score_seconds_(MakeHistogram(*registry_, "gyre_score_seconds",
                                   "Seconds of a Score call, with its attempts on all rewarders")),
      groups_(BuildCounter()
                  .Name("gyre_actor_groups_total")
                  .Help("Groups that ended at this actor, by how")
                  .Register(*registry_)),
      wait_seconds_(BuildCounter()
                        .Name("gyre_wait_seconds")
                        .Help("Seconds that threads have waited, by what for")
                        .Register(*registry_)) {}

void ActorMetrics::AddWait(std::string_view kind, absl::Duration waited) {
  wait_seconds_.Add({{"for", std::string(kind)}}).Increment(absl::ToDoubleSeconds(waited));
}

void ActorMetrics::SetPolicy(int64_t version, double probe_difference, absl::Duration fetched_in) {
  policy_version_.Set(static_cast<double>(version));
  probe_difference_max_.Set(probe_difference);
  policy_fetch_seconds_.Observe(absl::ToDoubleSeconds(fetched_in));
}

void ActorMetrics::AddPolicyBytes(uint64_t bytes) {
  policy_fetch_bytes_.Increment(static_cast<double>(bytes));
}

void ActorMetrics::AddDigestMismatch() { digest_mismatches_.Increment(); }

void ActorMetrics::AddScoreCall(absl::Duration took) {
  score_seconds_.Observe(absl::ToDoubleSeconds(took));
}

void ActorMetrics::AddGroupEnd(std::string_view end) {
  groups_.Add({{"end", std::string(end)}}).Increment();
}

}  // namespace gyre::actor
