#include "actor/group_starter.h"

#include <spdlog/spdlog.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/counter_rng.h"
#include "base/status_macros.h"
#include "data/prompt_template.h"

namespace gyre::actor {
namespace {

// The key of a group's draws; the engine adds the sample and the token's position.
uint64_t RandomKey(uint64_t seed, const GroupId& group) {
  return base::CounterRng({seed, "sample", group.stage(), static_cast<int>(group.purpose()),
                           group.slot(), group.attempt()})
      .key();
}

}  // namespace

absl::Status GroupStarter::Check(const Lease& lease) const {
  GYRE_RETURN_IF_ERROR(engine::IdentityOf(lease.policy()).status());
  const GroupId& group = lease.group();
  if (group.purpose() != TRAIN && group.purpose() != EVAL) {
    return absl::InvalidArgumentError("a lease without a purpose");
  }
  if (group.stage() >= static_cast<uint32_t>(spec_.stage_size())) {
    return absl::InvalidArgumentError(absl::StrCat("the spec has no stage ", group.stage()));
  }
  const SamplingParameters& sampling = lease.sampling();
  if (sampling.samples() == 0 || sampling.samples() > 1u << 20 ||
      sampling.max_response_tokens() == 0 || sampling.max_response_tokens() > 1u << 28) {
    return absl::InvalidArgumentError(absl::StrCat(sampling.samples(), " samples of ",
                                                   sampling.max_response_tokens(),
                                                   " tokens cannot be made"));
  }
  return absl::OkStatus();
}

void GroupStarter::StartAwaiting(const engine::PolicyIdentity& policy) {
  const std::shared_ptr<const ReadyPolicy> ready = policies_.Find(policy);
  if (ready == nullptr) return;
  for (const Lease& lease : groups_.TakeAwaiting(policy)) {
    const absl::Status status = Start(lease, *ready);
    if (!status.ok()) groups_.Return(lease.lease_id(), status);
  }
}

absl::StatusOr<std::vector<int32_t>> GroupStarter::PromptTokens(
    const Lease& lease, const text::Tokenizer& tokenizer) const {
  const StageSpec& stage = spec_.stage(static_cast<int>(lease.group().stage()));
  // An evaluation under SFT takes the prompts as they are.
  const RlSpec::Template form = stage.has_rl() ? stage.rl().template_() : RlSpec::PLAIN;
  GYRE_ASSIGN_OR_RETURN(const std::string text, data::RenderPrompt(form, lease.problem()));
  return tokenizer.Encode(text);
}

absl::Status GroupStarter::Start(const Lease& lease, const ReadyPolicy& ready) {
  GYRE_ASSIGN_OR_RETURN(std::vector<int32_t> prompt, PromptTokens(lease, *ready.tokenizer));
  engine::GenerationRequest request;
  request.id = lease.lease_id();
  request.random_key = RandomKey(spec_.seed(), lease.group());
  request.prompt = prompt;
  request.samples = static_cast<int32_t>(lease.sampling().samples());
  request.max_response_tokens = static_cast<int32_t>(lease.sampling().max_response_tokens());
  request.sampling.temperature = lease.sampling().temperature();
  request.eos_ids = ready.tokenizer->eos_ids();
  if (lease.group().purpose() == EVAL) request.pinned_policy = ready.policy;
  groups_.SetPrompt(lease.lease_id(), std::move(prompt), ready.probe_difference, ready.tokenizer);
  return engine_.Add(std::move(request), ready.policy);
}

}  // namespace gyre::actor
