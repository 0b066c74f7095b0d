// The weights of one version as others fetch them: a copy, its manifest with digests, and a probe.
// Immutable; shared by the shelf and the streams that are sending it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/digest.h"
#include "model/network.h"
#include "model/parameters.h"
#include "proto/policy.pb.h"

namespace gyre::learner {

// What all manifests of a run have alike.
struct PolicyOrigin {
  std::string address;  // of this process's PolicyService
  base::Sha256Digest tokenizer_digest;
  std::vector<std::vector<int32_t>> probe;  // token ids
};

// A few sequences of random tokens, the same for the same run.
std::vector<std::vector<int32_t>> ProbeSequences(const weights::ModelConfig& config,
                                                 uint64_t run_seed);

class PolicySnapshot {
 public:
  // `network` is packed from `parameters`. Costs a copy, a SHA-256 and a short forward pass.
  // FAILED_PRECONDITION: weights or the probe's log-probs are not finite numbers; nothing could be
  // sampled from such a policy, so nobody may be told to.
  static absl::StatusOr<std::shared_ptr<const PolicySnapshot>> Make(
      int64_t version, const model::Parameters& parameters, const model::PackedNetwork& network,
      const PolicyOrigin& origin);

  const PolicyManifest& manifest() const { return manifest_; }
  const PolicyId& id() const { return manifest_.id(); }

  // Of tensor number `tensor` in the manifest's order; empty if there is no such block.
  std::string_view Block(uint32_t tensor, uint64_t block) const;

 private:
  PolicySnapshot(model::Parameters parameters, PolicyManifest manifest);

  const model::Parameters parameters_;
  const PolicyManifest manifest_;
};

}  // namespace gyre::learner
