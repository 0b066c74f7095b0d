#include "actor/policy_fetcher.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/backoff.h"
#include "base/status_macros.h"
#include "base/wait_for_stop.h"
#include "kernels/kernel_table.h"
#include "model/probe.h"
#include "rpc/call.h"
#include "rpc/channel.h"
#include "text/load_tokenizer.h"
#include "weights/policy_digest.h"

namespace gyre::actor {
namespace {

// Rounds over a policy's sources in which none holds it, before it counts as gone. (A learner that
// has just published may not serve it yet.)
constexpr int kRefusedRounds = 4;

// Rounds over a policy's sources in which what came had another digest than it should, before it is
// given up. (A connection or a memory that is not sound spoils now and then, not always.)
constexpr int kSpoiltRounds = 4;

// Of a tokenizer's files together. The largest in use have some 20 MiB.
constexpr size_t kMaxTokenizerBytes = size_t{256} << 20;

// How long a stream may take: a connection of 10 MB/s is the slowest that is waited for. Peers that
// hang are noticed earlier (rpc/connection_settings.h).
absl::Duration StreamTimeout(const PolicyManifest& manifest) {
  double bytes = 0;
  for (const TensorEntry& entry : manifest.tensors()) {
    bytes += static_cast<double>(weights::TensorBytes(entry));
  }
  return absl::Minutes(1) + absl::Seconds(bytes / 10e6);
}

// Trying again would not help.
absl::Status Unusable(const absl::Status& status) {
  return absl::InvalidArgumentError(status.message());
}

}  // namespace

PolicyService::Stub& PolicyFetcher::StubOf(const std::string& source) {
  std::unique_ptr<PolicyService::Stub>& stub = stubs_[source];
  if (stub == nullptr) {
    stub = PolicyService::NewStub(rpc::CreateChannel(source, {.own_connection = true}));
  }
  return *stub;
}

void PolicyFetcher::ForgetOtherSources(const PolicyManifest& manifest) {
  std::erase_if(stubs_, [&](const auto& stub) {
    return std::none_of(manifest.sources().begin(), manifest.sources().end(),
                        [&](const auto& source) { return source.address() == stub.first; });
  });
}

absl::StatusOr<std::shared_ptr<const ReadyPolicy>> PolicyFetcher::Fetch(
    const engine::PolicyIdentity& identity, std::stop_token stop,
    absl::FunctionRef<bool()> still_wanted) {
  const absl::Time start = absl::Now();
  base::Backoff backoff(absl::Milliseconds(20), absl::Seconds(1), coordinator_.member_id());
  Progress progress{.identity = identity, .blocks = std::nullopt};
  while (true) {
    auto ready = TryFetch(progress, stop, still_wanted);
    if (ready.ok()) {
      metrics_.SetPolicy(identity.version, (*ready)->probe_difference, absl::Now() - start);
      return ready;
    }
    const absl::Status& status = ready.status();
    if (absl::IsNotFound(status) || absl::IsInvalidArgument(status)) return status;
    if (absl::IsDataLoss(status) && ++progress.spoilt >= kSpoiltRounds * progress.sources) {
      return absl::DataLossError(absl::StrCat(
          "policy ", identity.version, " came spoilt ", progress.spoilt,
          " times: ", status.message(), "; if only this machine says so, use another, otherwise ",
          "start the run again with --resume"));
    }
    if (stop.stop_requested() || !still_wanted()) {
      return absl::CancelledError(
          absl::StrCat("policy ", identity.version, " is not needed any more"));
    }
    spdlog::warn("fetching policy {}: {}; trying again", identity.version,
                 std::string(status.message()));
    base::WaitForStop(stop, absl::Now() + backoff.Next());
  }
}

absl::StatusOr<std::shared_ptr<const ReadyPolicy>> PolicyFetcher::TryFetch(
    Progress& progress, std::stop_token stop, absl::FunctionRef<bool()> still_wanted) {
  const PolicyId id = engine::ToProto(progress.identity);
  GYRE_ASSIGN_OR_RETURN(const PolicyManifest manifest, coordinator_.GetPolicy(id, stop));
  if (const absl::Status checked = weights::CheckManifest(manifest, id); !checked.ok()) {
    if (absl::IsDataLoss(checked)) metrics_.AddDigestMismatch();
    return checked;
  }
  ForgetOtherSources(manifest);
  if (manifest.sources().empty()) return absl::UnavailableError("the policy has no source yet");
  progress.sources = manifest.sources_size();
  if (!progress.blocks.has_value()) {
    absl::StatusOr<PolicyBlocks> blocks = PolicyBlocks::Create(manifest);
    if (!blocks.ok()) return Unusable(blocks.status());
    progress.blocks = *std::move(blocks);
  }
  const std::string& source =
      manifest.sources(progress.attempts++ % manifest.sources_size()).address();
  absl::Status status = FetchBlocks(manifest, source, *progress.blocks, stop, still_wanted);
  if (absl::IsNotFound(status) && ++progress.refusals < kRefusedRounds * manifest.sources_size()) {
    status = absl::UnavailableError(status.message());
  }
  GYRE_RETURN_IF_ERROR(status);
  GYRE_ASSIGN_OR_RETURN(auto tokenizer, FetchTokenizer(manifest, source, stop));
  auto policy = std::make_shared<const engine::Policy>(engine::Policy{
      progress.identity, model::PackedNetwork(progress.blocks->parameters(),
                                              kernels::Kernels(kernels::BestInstructionSet()))});
  const absl::StatusOr<double> difference =
      model::ProbeDifference(policy->network, manifest.probe());
  if (!difference.ok()) return Unusable(difference.status());
  if (!std::isfinite(*difference)) {
    return absl::InvalidArgumentError(absl::StrCat("version ", progress.identity.version,
                                                   " gives log-probs that are no finite numbers"));
  }
  return std::make_shared<const ReadyPolicy>(
      ReadyPolicy{std::move(policy), std::move(tokenizer), static_cast<float>(*difference)});
}

absl::Status PolicyFetcher::FetchBlocks(const PolicyManifest& manifest, const std::string& source,
                                        PolicyBlocks& blocks, std::stop_token stop,
                                        absl::FunctionRef<bool()> still_wanted) {
  if (blocks.complete()) return absl::OkStatus();
  FetchRequest request;
  *request.mutable_policy() = manifest.id();
  for (FetchRequest::Range& range : blocks.StartMissing()) *request.add_ranges() = std::move(range);
  // A wrong block does not spoil those behind it.
  absl::Status first_fault;
  const absl::Status status = rpc::CallOnce({.method = "PolicyService.Fetch",
                                             .peer = source,
                                             .deadline = absl::Now() + StreamTimeout(manifest),
                                             .stop = stop},
                                            [&](grpc::ClientContext& context) {
                                              const auto reader =
                                                  StubOf(source).Fetch(&context, request);
                                              FetchReply piece;
                                              while (reader->Read(&piece)) {
                                                bytes_received_ += piece.data().size();
                                                metrics_.AddPolicyBytes(piece.data().size());
                                                const absl::Status added = blocks.Add(piece);
                                                if (absl::IsDataLoss(added))
                                                  metrics_.AddDigestMismatch();
                                                first_fault.Update(added);
                                                if (!still_wanted()) context.TryCancel();
                                              }
                                              return reader->Finish();
                                            });
  // Its codes say something of the source, not of the policy.
  if (!first_fault.ok()) {
    return absl::DataLossError(
        absl::StrCat("wrong bytes from ", source, ": ", first_fault.message()));
  }
  GYRE_RETURN_IF_ERROR(status);
  if (!blocks.complete()) {
    return absl::UnavailableError(absl::StrCat(source, " did not send all blocks"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const text::Tokenizer>> PolicyFetcher::FetchTokenizer(
    const PolicyManifest& manifest, const std::string& source, std::stop_token stop) {
  if (tokenizer_ != nullptr && tokenizer_digest_ == manifest.tokenizer_digest()) return tokenizer_;
  FetchTokenizerRequest request;
  request.set_tokenizer_digest(manifest.tokenizer_digest());
  text::TokenizerFiles files;
  size_t bytes = 0;
  GYRE_RETURN_IF_ERROR(rpc::CallOnce({.method = "PolicyService.FetchTokenizer",
                                      .peer = source,
                                      .deadline = absl::Now() + absl::Minutes(1),
                                      .stop = stop},
                                     [&](grpc::ClientContext& context) {
                                       const auto reader =
                                           StubOf(source).FetchTokenizer(&context, request);
                                       TokenizerFile file;
                                       while (reader->Read(&file)) {
                                         bytes += file.name().size() + file.content().size();
                                         if (bytes > kMaxTokenizerBytes) {
                                           context.TryCancel();
                                           break;
                                         }
                                         files[file.name()] += file.content();
                                       }
                                       return reader->Finish();
                                     }));
  if (text::TokenizerDigest(files).bytes() != manifest.tokenizer_digest()) {
    metrics_.AddDigestMismatch();
    return absl::DataLossError(absl::StrCat("a tokenizer of another digest from ", source));
  }
  absl::StatusOr<std::unique_ptr<text::Tokenizer>> tokenizer = text::TokenizerFromFiles(files);
  if (!tokenizer.ok()) return Unusable(tokenizer.status());
  tokenizer_ = *std::move(tokenizer);
  tokenizer_digest_ = manifest.tokenizer_digest();
  return tokenizer_;
}

}  // namespace gyre::actor
