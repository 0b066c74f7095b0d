#include "learner/policy_server.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "rpc/status_codec.h"
#include "weights/policy_digest.h"

namespace gyre::learner {
namespace {

constexpr size_t kChunkBytes = size_t{1} << 20;

struct BlockName {
  uint32_t tensor = 0;
  uint32_t block = 0;
};

// The blocks that a request asks for, in its order. INVALID_ARGUMENT: outside the manifest.
absl::StatusOr<std::vector<BlockName>> BlocksOf(const FetchRequest& request,
                                                const PolicyManifest& manifest) {
  std::vector<BlockName> blocks;
  const auto add = [&](uint32_t tensor, uint32_t first, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) blocks.push_back({tensor, first + i});
  };
  if (request.ranges().empty()) {
    for (int tensor = 0; tensor < manifest.tensors_size(); ++tensor) {
      add(static_cast<uint32_t>(tensor), 0,
          static_cast<uint32_t>(manifest.tensors(tensor).block_digests_size()));
    }
  }
  for (const FetchRequest::Range& range : request.ranges()) {
    const uint64_t end = uint64_t{range.first_block()} + range.blocks();
    if (range.tensor() >= static_cast<uint32_t>(manifest.tensors_size()) ||
        end > static_cast<uint64_t>(
                  manifest.tensors(static_cast<int>(range.tensor())).block_digests_size())) {
      return absl::InvalidArgumentError(absl::StrCat("no blocks ", range.first_block(), " to ", end,
                                                     " of tensor ", range.tensor(), " in policy ",
                                                     weights::PolicyName(manifest.id())));
    }
    add(range.tensor(), range.first_block(), range.blocks());
  }
  return blocks;
}

absl::Status ReceiverGone() { return absl::CancelledError("the receiver is gone"); }

}  // namespace

grpc::Status PolicyServer::Fetch(grpc::ServerContext* /*context*/, const FetchRequest* request,
                                 grpc::ServerWriter<FetchReply>* writer) {
  const std::shared_ptr<const PolicySnapshot> snapshot = shelf_.Find(request->policy());
  if (snapshot == nullptr) {
    return rpc::ToGrpc(absl::NotFoundError(
        absl::StrCat("policy ", weights::PolicyName(request->policy()), " is not held here")));
  }
  const absl::StatusOr<std::vector<BlockName>> blocks = BlocksOf(*request, snapshot->manifest());
  if (!blocks.ok()) return rpc::ToGrpc(blocks.status());
  FetchReply reply;
  for (const BlockName& name : *blocks) {
    const std::string_view block = snapshot->Block(name.tensor, name.block);
    reply.set_tensor(name.tensor);
    reply.set_block(name.block);
    for (size_t offset = 0; offset < block.size(); offset += kChunkBytes) {
      reply.set_offset(offset);
      reply.set_data(std::string(block.substr(offset, kChunkBytes)));
      if (!writer->Write(reply)) return rpc::ToGrpc(ReceiverGone());
    }
  }
  return grpc::Status::OK;
}

grpc::Status PolicyServer::FetchTokenizer(grpc::ServerContext* /*context*/,
                                          const FetchTokenizerRequest* request,
                                          grpc::ServerWriter<TokenizerFile>* writer) {
  const auto files = shelf_.FindTokenizer(request->tokenizer_digest());
  if (files == nullptr) {
    return rpc::ToGrpc(absl::NotFoundError("another tokenizer is in use"));
  }
  TokenizerFile file;
  for (const auto& [name, content] : *files) {
    file.set_name(name);
    size_t offset = 0;
    do {  // an empty file is a message, too
      file.set_content(content.substr(offset, kChunkBytes));
      if (!writer->Write(file)) return rpc::ToGrpc(ReceiverGone());
      offset += kChunkBytes;
    } while (offset < content.size());
  }
  return grpc::Status::OK;
}

}  // namespace gyre::learner
