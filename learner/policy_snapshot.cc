#include "learner/policy_snapshot.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/counter_rng.h"
#include "base/status_macros.h"
#include "model/probe.h"
#include "weights/config_json.h"
#include "weights/policy_digest.h"

namespace gyre::learner {
namespace {

constexpr int kProbeSequences = 4;
constexpr int64_t kProbeTokens = 32;

absl::Status NotFinite(int64_t version, const std::string& what) {
  return absl::FailedPreconditionError(absl::StrCat(
      "non-finite ", what, " in policy version ", version,
      ": training has diverged, so it is not published; begin again with a lower learning rate or "
      "from an older checkpoint"));
}

absl::Status CheckProbe(int64_t version, const Probe& probe) {
  for (const Probe::Sequence& sequence : probe.sequences()) {
    for (const float log_prob : sequence.log_probs()) {
      if (!std::isfinite(log_prob)) return NotFinite(version, "log-probs");
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<std::vector<int32_t>> ProbeSequences(const weights::ModelConfig& config,
                                                 uint64_t run_seed) {
  std::vector<std::vector<int32_t>> sequences;
  for (int i = 0; i < kProbeSequences; ++i) {
    const base::CounterRng rng({run_seed, "probe", i});
    std::vector<int32_t>& tokens = sequences.emplace_back();
    for (int64_t t = 0; t < std::min(kProbeTokens, config.max_positions); ++t) {
      tokens.push_back(static_cast<int32_t>(
          rng.Below(static_cast<uint64_t>(t), static_cast<uint64_t>(config.vocab_size))));
    }
  }
  return sequences;
}

absl::StatusOr<std::shared_ptr<const PolicySnapshot>> PolicySnapshot::Make(
    int64_t version, const model::Parameters& parameters, const model::PackedNetwork& network,
    const PolicyOrigin& origin) {
  if (const model::TensorPlace* place = parameters.FindNonfinite(); place != nullptr) {
    return NotFinite(version, absl::StrCat("weights (", place->name, ")"));
  }
  PolicyManifest manifest;
  manifest.set_config_json(weights::ConfigJson(parameters.config()));
  for (const model::TensorPlace& place : parameters.layout().tensors()) {
    *manifest.add_tensors() =
        weights::MakeTensorEntry(place.name, place.shape,
                                 parameters.flat().subspan(static_cast<size_t>(place.offset),
                                                           static_cast<size_t>(place.size)));
  }
  manifest.mutable_id()->set_version(version);
  manifest.mutable_id()->set_root_digest(std::string(weights::PolicyRootDigest(manifest).bytes()));
  manifest.set_tokenizer_digest(std::string(origin.tokenizer_digest.bytes()));
  manifest.add_sources()->set_address(origin.address);
  GYRE_ASSIGN_OR_RETURN(*manifest.mutable_probe(), model::MakeProbe(network, origin.probe));
  GYRE_RETURN_IF_ERROR(CheckProbe(version, manifest.probe()));
  return std::shared_ptr<const PolicySnapshot>(
      new PolicySnapshot(parameters.Copy(), std::move(manifest)));
}

PolicySnapshot::PolicySnapshot(model::Parameters parameters, PolicyManifest manifest)
    : parameters_(std::move(parameters)), manifest_(std::move(manifest)) {}

std::string_view PolicySnapshot::Block(uint32_t tensor, uint64_t block) const {
  const auto places = parameters_.layout().tensors();
  if (tensor >= places.size()) return {};
  const int64_t bytes = places[tensor].size * static_cast<int64_t>(sizeof(float));
  if (block >= static_cast<uint64_t>(weights::NumPolicyBlocks(bytes))) return {};
  const int64_t number = static_cast<int64_t>(block);
  const char* begin =
      reinterpret_cast<const char*>(parameters_.flat().data() + places[tensor].offset);
  return {begin + number * weights::kPolicyBlockBytes,
          static_cast<size_t>(weights::PolicyBlockBytes(bytes, number))};
}

}  // namespace gyre::learner
