#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "actor/actor_metrics.h"
#include "actor/coordinator_client.h"
#include "actor/policy_blocks.h"
#include "actor/policy_store.h"
#include "engine/policy.h"
#include "proto/policy_service.grpc.pb.h"
#include "text/tokenizer.h"

namespace gyre::actor {

// Brings a policy here: manifest from the coordinator, blocks and tokenizer from the manifest's
// sources, every digest checked, the network packed, the probe scored. For one thread, except
// bytes_received().
class PolicyFetcher {
 public:
  PolicyFetcher(CoordinatorClient& coordinator, ActorMetrics& metrics)
      : coordinator_(coordinator), metrics_(metrics) {}

  // Blocks until the policy is ready. A source that fails, is not there or sends wrong bytes is
  // followed by the next one, with backoff, as long as still_wanted() says so; what has come and
  // was right is kept.
  //   NOT_FOUND         never published, forgotten, or held by none of its sources
  //   INVALID_ARGUMENT  not a policy that this program can run; the message says why
  //   DATA_LOSS         again and again its bytes had another digest than they should
  //   CANCELLED         a stop was requested, or it is not wanted any more
  absl::StatusOr<std::shared_ptr<const ReadyPolicy>> Fetch(const engine::PolicyIdentity& identity,
                                                           std::stop_token stop,
                                                           absl::FunctionRef<bool()> still_wanted);

  // Of policies, in this process's life.
  uint64_t bytes_received() const { return bytes_received_; }

 private:
  struct Progress {
    const engine::PolicyIdentity identity;
    std::optional<PolicyBlocks> blocks;
    int sources = 1;  // that the newest manifest names
    int attempts = 0;
    int refusals = 0;  // by sources that do not hold the policy
    int spoilt = 0;    // attempts that brought another digest
  };

  absl::StatusOr<std::shared_ptr<const ReadyPolicy>> TryFetch(
      Progress& progress, std::stop_token stop, absl::FunctionRef<bool()> still_wanted);
  absl::Status FetchBlocks(const PolicyManifest& manifest, const std::string& source,
                           PolicyBlocks& blocks, std::stop_token stop,
                           absl::FunctionRef<bool()> still_wanted);
  absl::StatusOr<std::shared_ptr<const text::Tokenizer>> FetchTokenizer(
      const PolicyManifest& manifest, const std::string& source, std::stop_token stop);
  // Ends the connections to addresses that the newest manifest does not name any more.
  void ForgetOtherSources(const PolicyManifest& manifest);
  PolicyService::Stub& StubOf(const std::string& source);

  CoordinatorClient& coordinator_;
  ActorMetrics& metrics_;
  std::atomic<uint64_t> bytes_received_ = 0;
  std::map<std::string, std::unique_ptr<PolicyService::Stub>> stubs_;  // by address
  // The one that came last; a run has one as a rule.
  std::string tokenizer_digest_;
  std::shared_ptr<const text::Tokenizer> tokenizer_;
};

}  // namespace gyre::actor
