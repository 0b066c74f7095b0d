#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/parameters.h"
#include "proto/policy.pb.h"
#include "proto/policy_service.pb.h"

namespace gyre::actor {

// The weights of one policy while its blocks come in, from one source or several, in any order,
// each block's pieces in order. A block counts only once its bytes have the manifest's digest; one
// that has not is forgotten and can come again. For one thread.
class PolicyBlocks {
 public:
  // The manifest has passed weights::CheckManifest. INVALID_ARGUMENT: its config_json is not
  // understood, or its tensors are not those of the config.
  static absl::StatusOr<PolicyBlocks> Create(const PolicyManifest& manifest);

  // One message of a Fetch stream. DATA_LOSS: a block was complete and has another digest.
  // INVALID_ARGUMENT: a piece that belongs nowhere or was not next. After an error the block has to
  // come anew; the others stand. Pieces of blocks that are there already are ignored.
  absl::Status Add(const FetchReply& piece);

  // What has not come whole: for the next Fetch. Blocks of which a part has come are included, and
  // begin anew.
  std::vector<FetchRequest::Range> StartMissing();
  bool complete() const { return missing_ == 0; }

  const model::Parameters& parameters() const { return parameters_; }

 private:
  struct Tensor {
    char* bytes = nullptr;
    int64_t size = 0;
    std::vector<std::string> digests;  // a block; empty once it is there
    std::vector<int64_t> received;     // bytes a block
  };

  explicit PolicyBlocks(model::Parameters parameters) : parameters_(std::move(parameters)) {}

  model::Parameters parameters_;
  std::vector<Tensor> tensors_;  // in the manifest's order
  int64_t missing_ = 0;          // blocks
};

}  // namespace gyre::actor
