#include "actor/policy_blocks.h"

#include <cstring>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/digest.h"
#include "base/status_macros.h"
#include "weights/config_json.h"
#include "weights/policy_digest.h"

namespace gyre::actor {
namespace {

absl::Status CheckPlace(const TensorEntry& entry, const model::TensorPlace* place) {
  if (place == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("the policy's config has no tensor ", entry.name()));
  }
  const std::vector<int64_t> shape(entry.shape().begin(), entry.shape().end());
  if (shape != place->shape) {
    return absl::InvalidArgumentError(
        absl::StrCat(entry.name(), " is [", absl::StrJoin(shape, ", "), "], not [",
                     absl::StrJoin(place->shape, ", "), "] as the policy's config says"));
  }
  return absl::OkStatus();
}

absl::Status CheckPlaces(const PolicyManifest& manifest, const model::ParameterLayout& layout) {
  std::set<std::string> names;
  for (const TensorEntry& entry : manifest.tensors()) {
    GYRE_RETURN_IF_ERROR(CheckPlace(entry, layout.Find(entry.name())));
    if (!names.insert(entry.name()).second) {
      return absl::InvalidArgumentError(absl::StrCat(entry.name(), " is listed twice"));
    }
  }
  if (names.size() != layout.tensors().size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the policy has ", names.size(), " tensors, not ", layout.tensors().size()));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PolicyBlocks> PolicyBlocks::Create(const PolicyManifest& manifest) {
  GYRE_ASSIGN_OR_RETURN(const weights::ModelConfig config,
                        weights::ParseConfigJson(manifest.config_json()));
  // Before memory is taken on the word of a config, which no digest covers.
  if (config.num_layers > manifest.tensors_size()) {
    return absl::InvalidArgumentError(absl::StrCat("the policy has ", manifest.tensors_size(),
                                                   " tensors, too few for ", config.num_layers,
                                                   " layers"));
  }
  GYRE_RETURN_IF_ERROR(CheckPlaces(manifest, model::ParameterLayout(config)));
  PolicyBlocks blocks{model::Parameters(config)};
  for (const TensorEntry& entry : manifest.tensors()) {
    const model::TensorPlace* place = blocks.parameters_.layout().Find(entry.name());
    Tensor tensor;
    tensor.bytes = reinterpret_cast<char*>(blocks.parameters_.flat().data() + place->offset);
    tensor.size = weights::TensorBytes(entry);
    tensor.digests.assign(entry.block_digests().begin(), entry.block_digests().end());
    tensor.received.resize(tensor.digests.size(), 0);
    blocks.missing_ += entry.block_digests_size();
    blocks.tensors_.push_back(std::move(tensor));
  }
  return blocks;
}

absl::Status PolicyBlocks::Add(const FetchReply& piece) {
  if (piece.tensor() >= tensors_.size() ||
      piece.block() >= tensors_[piece.tensor()].digests.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("there is no block ", piece.block(), " of tensor ", piece.tensor()));
  }
  Tensor& tensor = tensors_[piece.tensor()];
  std::string& digest = tensor.digests[piece.block()];
  int64_t& received = tensor.received[piece.block()];
  if (digest.empty()) return absl::OkStatus();
  const int64_t block_bytes = weights::PolicyBlockBytes(tensor.size, piece.block());
  const auto size = static_cast<int64_t>(piece.data().size());
  if (piece.offset() != static_cast<uint64_t>(received) || size > block_bytes - received) {
    received = 0;
    return absl::InvalidArgumentError(
        absl::StrCat("bytes out of order in block ", piece.block(), " of tensor ", piece.tensor()));
  }
  char* block = tensor.bytes + piece.block() * weights::kPolicyBlockBytes;
  std::memcpy(block + received, piece.data().data(), piece.data().size());
  received += size;
  if (received < block_bytes) return absl::OkStatus();
  if (base::Sha256::Of({block, static_cast<size_t>(block_bytes)}).bytes() != digest) {
    received = 0;
    return absl::DataLossError(absl::StrCat("block ", piece.block(), " of tensor ", piece.tensor(),
                                            " has another digest than the manifest says"));
  }
  digest.clear();
  --missing_;
  return absl::OkStatus();
}

std::vector<FetchRequest::Range> PolicyBlocks::StartMissing() {
  std::vector<FetchRequest::Range> ranges;
  for (size_t i = 0; i < tensors_.size(); ++i) {
    Tensor& tensor = tensors_[i];
    bool extends = false;
    for (size_t block = 0; block < tensor.digests.size(); ++block) {
      if (tensor.digests[block].empty()) {
        extends = false;
        continue;
      }
      tensor.received[block] = 0;
      if (!extends) {
        FetchRequest::Range range;
        range.set_tensor(static_cast<uint32_t>(i));
        range.set_first_block(static_cast<uint32_t>(block));
        ranges.push_back(std::move(range));
      }
      ranges.back().set_blocks(ranges.back().blocks() + 1);
      extends = true;
    }
  }
  return ranges;
}

}  // namespace gyre::actor
