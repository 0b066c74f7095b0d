#include "engine/engine_driver.h"

#include <optional>
#include <utility>

#include "absl/time/clock.h"
#include "base/status_macros.h"

namespace gyre::engine {
namespace {

constexpr size_t kMostOrders = 1024;
constexpr absl::Duration kOrderTimeout = absl::Seconds(10);

absl::Status Closed() { return absl::CancelledError("the engine is closed"); }

}  // namespace

EngineDriver::EngineDriver(const Engine::Options& options, EngineMetrics* metrics)
    : options_(options),
      orders_(kMostOrders),
      engine_(options),
      metrics_(metrics),
      thread_("engine", [this](std::stop_token stop) { Run(std::move(stop)); }) {}

EngineDriver::~EngineDriver() { Close(); }

absl::Status EngineDriver::Install(std::shared_ptr<const Policy> policy) {
  if (policy->network.config() != options_.config) {
    return absl::InvalidArgumentError("the policy has another config than this engine");
  }
  return orders_.Push(InstallOrder{std::move(policy)}, absl::Now() + kOrderTimeout);
}

absl::StatusOr<std::shared_ptr<GenerationStream>> EngineDriver::Submit(GenerationRequest request) {
  request.id = next_id_++;
  auto stream = std::make_shared<GenerationStream>(request.id);
  GYRE_RETURN_IF_ERROR(
      orders_.Push(SubmitOrder{std::move(request), stream}, absl::Now() + kOrderTimeout));
  return stream;
}

absl::Status EngineDriver::Cancel(const GenerationStream& stream) {
  return orders_.Push(CancelOrder{stream.request_id()}, absl::Now() + kOrderTimeout);
}

void EngineDriver::Close() {
  thread_.RequestStop();
  thread_.Join();
}

void EngineDriver::Run(std::stop_token stop) {
  const std::stop_callback wake(stop, [this] { orders_.Close(); });
  while (!stop.stop_requested()) {
    while (std::optional<Order> order = orders_.TryPop()) CarryOut(*std::move(order));
    const bool has_stepped = engine_.Step(finished_, &tokens_);
    if (metrics_ != nullptr) metrics_->Set(engine_.counters());
    if (has_stepped) {
      Deliver();
      continue;
    }
    absl::StatusOr<Order> order = orders_.Pop(absl::Now() + absl::Seconds(10));
    if (order.ok()) CarryOut(*std::move(order));
  }
  // Those that came before the queue was closed.
  while (std::optional<Order> order = orders_.TryPop()) CarryOut(*std::move(order));
  while (!open_.empty()) EndStream(open_.begin()->first, Closed());
}

void EngineDriver::CarryOut(Order order) {
  if (auto* install = std::get_if<InstallOrder>(&order)) {
    // Install has seen to the config, for which alone it can be refused.
    engine_.InstallPolicy(std::move(install->policy)).IgnoreError();
  } else if (auto* submit = std::get_if<SubmitOrder>(&order)) {
    const uint64_t id = submit->request.id;
    const int32_t samples = submit->request.samples;
    const absl::Status added = engine_.Add(std::move(submit->request));
    if (added.ok()) {
      open_.emplace(id, Open{std::move(submit->stream), samples});
    } else {
      submit->stream->End(added);
    }
  } else {
    const uint64_t id = std::get<CancelOrder>(order).request_id;
    engine_.Cancel(id);
    EndStream(id, absl::CancelledError("the request was cancelled"));
  }
}

void EngineDriver::Deliver() {
  for (const NewToken& token : tokens_) open_.at(token.request_id).stream->Push(token);
  tokens_.clear();
  for (FinishedSample& sample : finished_) {
    const uint64_t id = sample.request_id;
    Open& open = open_.at(id);
    open.stream->Push(std::move(sample));
    if (--open.samples_left == 0) EndStream(id, absl::OutOfRangeError("all samples have ended"));
  }
  finished_.clear();
}

void EngineDriver::EndStream(uint64_t request_id, absl::Status why) {
  const auto open = open_.find(request_id);
  if (open == open_.end()) return;
  open->second.stream->End(std::move(why));
  open_.erase(open);
}

}  // namespace gyre::engine
