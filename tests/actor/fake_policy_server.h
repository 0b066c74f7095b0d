// Serves tiny countdown policies, and wrong bytes when a test wants them.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "base/check.h"
#include "kernels/kernel_table.h"
#include "model/network.h"
#include "model/parameters.h"
#include "model/probe.h"
#include "proto/policy_service.grpc.pb.h"
#include "rpc/server_host.h"
#include "text/countdown_tokenizer.h"
#include "weights/config_json.h"
#include "weights/policy_digest.h"

namespace gyre::actor {

inline weights::ModelConfig TinyCountdownConfig() {
  weights::ModelConfig config;
  config.vocab_size = 119;
  config.hidden_size = 16;
  config.num_layers = 2;
  config.num_heads = 2;
  config.num_kv_heads = 2;
  config.head_size = 8;
  config.intermediate_size = 24;
  config.max_positions = 128;
  return config;
}

class FakePolicyServer final : public PolicyService::Service {
 public:
  FakePolicyServer() {
    host_.AddService(*this);
    const absl::StatusOr<int> port = host_.Start("127.0.0.1:0");
    GYRE_CHECK(port.ok(), "the fake policy server listens");
    address_ = "127.0.0.1:" + std::to_string(*port);
  }
  ~FakePolicyServer() override { host_.Stop(absl::Now()); }

  const std::string& address() const { return address_; }

  // Before any actor asks for it.
  void Publish(int64_t version) {
    model::Parameters parameters =
        model::Parameters::FromSeed(TinyCountdownConfig(), static_cast<uint64_t>(version));
    // Larger than at the start of a training, so that tokens differ in probability.
    for (float& value : parameters.flat()) value *= 3;
    policies_.emplace(version, std::move(parameters));
  }

  const model::Parameters& parameters(int64_t version) const { return policies_.at(version); }

  model::PackedNetwork Network(int64_t version) const {
    return model::PackedNetwork(policies_.at(version),
                                kernels::Kernels(kernels::BestInstructionSet()));
  }

  PolicyManifest Manifest(int64_t version) const {
    const model::Parameters& parameters = policies_.at(version);
    PolicyManifest manifest;
    manifest.set_config_json(weights::ConfigJson(parameters.config()));
    for (const model::TensorPlace& place : parameters.layout().tensors()) {
      *manifest.add_tensors() =
          weights::MakeTensorEntry(place.name, place.shape, parameters.tensor(place.name));
    }
    manifest.mutable_id()->set_version(version);
    manifest.mutable_id()->set_root_digest(
        std::string(weights::PolicyRootDigest(manifest).bytes()));
    manifest.set_tokenizer_digest(
        std::string(text::TokenizerDigest(text::CountdownTokenizerFiles()).bytes()));
    manifest.add_sources()->set_address(address_);
    const std::vector<std::vector<int32_t>> sequences = {{1, 15, 117, 17, 30, 2}, {5, 6, 7, 8}};
    *manifest.mutable_probe() = *model::MakeProbe(Network(version), sequences);
    return manifest;
  }

  grpc::Status Fetch(grpc::ServerContext*, const FetchRequest* request,
                     grpc::ServerWriter<FetchReply>* writer) override {
    ++fetches;
    if (refuse_fetches > 0) {
      --refuse_fetches;
      return grpc::Status(grpc::NOT_FOUND, "not held");
    }
    const auto found = policies_.find(request->policy().version());
    if (found == policies_.end()) return grpc::Status(grpc::NOT_FOUND, "not held");
    const auto tensors = found->second.layout().tensors();
    for (const FetchRequest::Range& range : request->ranges()) {
      // Every tensor of a tiny policy is one block.
      const absl::Span<const float> values = found->second.tensor(tensors[range.tensor()].name);
      std::string bytes(reinterpret_cast<const char*>(values.data()), values.size() * 4);
      if (corrupt_fetches > 0 && range.tensor() == 3) {
        --corrupt_fetches;
        bytes[bytes.size() / 2] ^= 1;
      }
      // In two pieces.
      FetchReply piece;
      piece.set_tensor(range.tensor());
      piece.set_data(bytes.substr(0, 40));
      writer->Write(piece);
      piece.set_offset(40);
      piece.set_data(bytes.substr(40));
      writer->Write(piece);
      ++blocks_sent;
    }
    return grpc::Status::OK;
  }

  grpc::Status FetchTokenizer(grpc::ServerContext*, const FetchTokenizerRequest*,
                              grpc::ServerWriter<TokenizerFile>* writer) override {
    for (const auto& [name, content] : text::CountdownTokenizerFiles()) {
      TokenizerFile file;
      file.set_name(name);
      file.set_content(content.substr(0, content.size() / 2));
      writer->Write(file);
      file.set_content(content.substr(content.size() / 2));
      if (corrupt_tokenizers > 0) {
        --corrupt_tokenizers;
        file.set_content("}");
      }
      writer->Write(file);
    }
    return grpc::Status::OK;
  }

  std::atomic<int> corrupt_fetches = 0;
  std::atomic<int> corrupt_tokenizers = 0;
  std::atomic<int> refuse_fetches = 0;
  std::atomic<int> fetches = 0;
  std::atomic<int> blocks_sent = 0;

 private:
  std::map<int64_t, model::Parameters> policies_;
  rpc::ServerHost host_;
  std::string address_;
};

}  // namespace gyre::actor
