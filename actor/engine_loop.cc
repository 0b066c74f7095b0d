#include "actor/engine_loop.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "kernels/kv_layout.h"

namespace gyre::actor {
namespace {

constexpr size_t kOrders = 1024;
constexpr absl::Duration kOrderTimeout = absl::Seconds(10);
constexpr absl::Duration kReportInterval = absl::Milliseconds(100);

// Whether `policy` takes the place of `current`. Versions only grow, but at one version a stage may
// begin with other weights.
bool Replaces(const engine::Policy& policy, const engine::Policy* current) {
  return current == nullptr || (policy.identity.version >= current->identity.version &&
                                policy.identity != current->identity);
}

}  // namespace

EngineLoop::EngineLoop(const Options& options, GroupTable& groups, ActorMetrics& metrics,
                       rpc::WaitBoard& waits)
    : options_(options), groups_(groups), metrics_(metrics), waits_(waits), orders_(kOrders) {}

absl::Status EngineLoop::Install(std::shared_ptr<const engine::Policy> policy) {
  return orders_.Push(InstallOrder{std::move(policy)}, absl::Now() + kOrderTimeout);
}

absl::Status EngineLoop::Add(engine::GenerationRequest request,
                             std::shared_ptr<const engine::Policy> policy) {
  return orders_.Push(AddOrder{std::move(request), std::move(policy)}, absl::Now() + kOrderTimeout);
}

absl::Status EngineLoop::Cancel(uint64_t request_id) {
  return orders_.Push(CancelOrder{request_id}, absl::Now() + kOrderTimeout);
}

void EngineLoop::Run(std::stop_token stop) {
  const std::stop_callback wake(stop, [this] { orders_.Close(); });
  while (!stop.stop_requested()) {
    while (std::optional<Order> order = orders_.TryPop()) CarryOut(*std::move(order));
    if (engine_.has_value() && engine_->Step(finished_)) {
      idle_.reset();
      Report();
    } else {
      next_report_ = absl::InfinitePast();
      Report();
      WaitForOrder();
    }
  }
  idle_.reset();
}

void EngineLoop::WaitForOrder() {
  if (!idle_.has_value()) idle_.emplace(waits_, "groups", "groups to decode");
  absl::StatusOr<Order> order = orders_.Pop(absl::Now() + absl::Seconds(10));
  if (order.ok()) CarryOut(*std::move(order));
}

void EngineLoop::CarryOut(Order order) {
  if (auto* install = std::get_if<InstallOrder>(&order)) {
    const absl::Status status = InstallNow(std::move(install->policy));
    if (!status.ok()) spdlog::error("installing a policy: {}", std::string(status.message()));
  } else if (auto* add = std::get_if<AddOrder>(&order)) {
    const uint64_t id = add->request.id;
    const absl::Status status = AddNow(std::move(*add));
    if (!status.ok()) groups_.Return(id, status);
  } else if (engine_.has_value()) {
    engine_->Cancel(std::get<CancelOrder>(order).request_id);
  }
}

absl::Status EngineLoop::InstallNow(std::shared_ptr<const engine::Policy> policy) {
  if (!engine_.has_value()) MakeEngine(policy->network.config());
  if (!Replaces(*policy, engine_->current_policy())) return absl::OkStatus();
  spdlog::info("policy {} installed; {} samples are running", policy->identity.version,
               engine_->counters().sequences_running);
  return engine_->InstallPolicy(std::move(policy));
}

absl::Status EngineLoop::AddNow(AddOrder order) {
  // The lease may have been lost while the order was in the queue.
  if (!groups_.Holds(order.request.id)) return absl::OkStatus();
  if (order.request.pinned_policy == nullptr) {
    GYRE_RETURN_IF_ERROR(InstallNow(std::move(order.policy)));
  } else if (!engine_.has_value()) {
    MakeEngine(order.policy->network.config());
  }
  return engine_->Add(std::move(order.request));
}

void EngineLoop::MakeEngine(const weights::ModelConfig& config) {
  const kernels::KvLayout layout = {.kv_heads = static_cast<int32_t>(config.num_kv_heads),
                                    .head_size = static_cast<int32_t>(config.head_size)};
  const int64_t block_bytes =
      config.num_layers * layout.FloatsPerBlock() * static_cast<int64_t>(sizeof(float));
  const int64_t longest = engine::Engine::BlocksOfLongest(config);
  const int64_t blocks = std::min(options_.max_sequences * longest,
                                  std::max(longest, options_.kv_memory_bytes / block_bytes));
  spdlog::info("engine: up to {} samples together, {} cache blocks of {} KiB",
               options_.max_sequences, blocks, block_bytes / 1024);
  engine_.emplace(engine::Engine::Options{.config = config,
                                          .max_sequences = options_.max_sequences,
                                          .kv_blocks = blocks,
                                          .threads = options_.threads});
  groups_.SetCacheBlocks(blocks);
}

void EngineLoop::Report() {
  for (engine::FinishedSample& sample : finished_) groups_.AddFinished(std::move(sample));
  finished_.clear();
  const absl::Time now = absl::Now();
  if (now < next_report_ || !engine_.has_value()) return;
  next_report_ = now + kReportInterval;
  engine_->Progress(progress_);
  groups_.SetProgress(progress_);
  const engine::EngineCounters counters = engine_->counters();
  tokens_generated_ = counters.tokens_generated;
  sequences_running_ = static_cast<uint32_t>(counters.sequences_running);
  metrics_.engine().Set(counters);
}

}  // namespace gyre::actor
