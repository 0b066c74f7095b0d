#include "engine/engine.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "kernels/kv_layout.h"

namespace gyre::engine {
namespace {

// Rows for prompts beside a full set of running sequences.
constexpr int32_t kPrefillRows = 256;

Engine::Options Resolved(Engine::Options options) {
  if (options.rows_per_step == 0) options.rows_per_step = options.max_sequences + kPrefillRows;
  if (options.kv_blocks == 0) {
    options.kv_blocks = options.max_sequences * Engine::BlocksOfLongest(options.config);
  }
  return options;
}

int64_t FloatsPerBlock(const weights::ModelConfig& config) {
  const kernels::KvLayout layout = {.kv_heads = static_cast<int32_t>(config.num_kv_heads),
                                    .head_size = static_cast<int32_t>(config.head_size)};
  return config.num_layers * layout.FloatsPerBlock();
}

}  // namespace

int64_t Engine::BlocksOfLongest(const weights::ModelConfig& config) {
  return kernels::BlocksOf(config.max_positions) + 1;
}

Engine::Engine(const Options& options)
    : options_(Resolved(options)),
      cache_(FloatsPerBlock(options_.config), options_.kv_blocks),
      scheduler_({.max_sequences = options_.max_sequences,
                  .rows_per_step = options_.rows_per_step,
                  .kept_for_growth = options_.kept_for_growth},
                 cache_),
      runner_(options_.threads, options_.measures_work) {
  cache_.TakeMemory(options_.kv_blocks_at_once);
}

absl::Status Engine::InstallPolicy(std::shared_ptr<const Policy> policy) {
  if (policy->network.config() != options_.config) {
    return absl::InvalidArgumentError("the policy has another config than this engine");
  }
  current_ = std::move(policy);
  ++counters_.policies_installed;
  return absl::OkStatus();
}

absl::Status Engine::Add(GenerationRequest request) {
  GYRE_RETURN_IF_ERROR(Check(request));
  scheduler_.Add(std::move(request));
  return absl::OkStatus();
}

absl::Status Engine::Check(const GenerationRequest& request) const {
  const weights::ModelConfig& config = options_.config;
  if (scheduler_.Holds(request.id)) {
    return absl::InvalidArgumentError(absl::StrCat("request ", request.id, " is in the engine"));
  }
  if (request.prompt.empty()) return absl::InvalidArgumentError("an empty prompt");
  for (const int32_t token : request.prompt) {
    if (token < 0 || token >= config.vocab_size) {
      return absl::InvalidArgumentError(
          absl::StrCat("token ", token, " of the prompt is out of range"));
    }
  }
  if (request.samples < 1) return absl::InvalidArgumentError("no sample is wanted");
  if (request.max_response_tokens < 1) {
    return absl::InvalidArgumentError("no response token is wanted");
  }
  const int64_t positions =
      static_cast<int64_t>(request.prompt.size()) + request.max_response_tokens;
  if (positions > config.max_positions) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a prompt of ", request.prompt.size(), " tokens and a response of up to ",
        request.max_response_tokens, " exceed the model's ", config.max_positions, " positions"));
  }
  GYRE_RETURN_IF_ERROR(CheckSampling(request.sampling));
  const int64_t blocks = Scheduler::BlocksNeeded(request);
  if (blocks > options_.kv_blocks) {
    return absl::ResourceExhaustedError(
        absl::StrCat("one sample needs ", blocks, " blocks of a cache of ", options_.kv_blocks));
  }
  if (request.pinned_policy == nullptr && current_ == nullptr) {
    return absl::FailedPreconditionError("no policy is installed");
  }
  if (request.pinned_policy != nullptr && request.pinned_policy->network.config() != config) {
    return absl::InvalidArgumentError("the pinned policy has another config than this engine");
  }
  return absl::OkStatus();
}

bool Engine::Cancel(uint64_t request_id) { return scheduler_.Cancel(request_id); }

bool Engine::Step(std::vector<FinishedSample>& finished, std::vector<NewToken>* tokens) {
  const StepPlan& plan = scheduler_.Plan(current_.get());
  if (plan.rows.empty()) return false;
  ++counters_.steps;
  counters_.rows += plan.rows.size();
  counters_.tokens_generated += plan.draws.size();
  scheduler_.Complete(runner_.Run(plan), finished, tokens);
  return true;
}

EngineCounters Engine::counters() const {
  EngineCounters counters = counters_;
  counters.prefill_tokens_computed = scheduler_.counters().prefilled;
  counters.recomputed_tokens = scheduler_.counters().recomputed;
  counters.preemptions = scheduler_.counters().preemptions;
  counters.sequences_running = scheduler_.running_sequences();
  counters.sequences_waiting = scheduler_.waiting_sequences();
  counters.kv_blocks = cache_.num_blocks();
  counters.kv_blocks_used = cache_.used_blocks();
  return counters;
}

}  // namespace gyre::engine
