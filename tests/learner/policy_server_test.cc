#include "learner/policy_server.h"

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/check.h"
#include "base/digest.h"
#include "gtest/gtest.h"
#include "kernels/instruction_set.h"
#include "kernels/kernel_table.h"
#include "learner/policy_shelf.h"
#include "learner/policy_snapshot.h"
#include "model/network.h"
#include "model/probe.h"
#include "proto/policy_service.grpc.pb.h"
#include "rpc/channel.h"
#include "rpc/server_host.h"
#include "tests/model/tiny_models.h"
#include "text/countdown_tokenizer.h"
#include "weights/policy_digest.h"

namespace gyre::learner {
namespace {

const kernels::KernelTable& BestKernels() {
  return kernels::Kernels(kernels::BestInstructionSet());
}

// An embedding of 5.2 MB: two blocks, and several chunks a block.
weights::ModelConfig WideConfig() {
  weights::ModelConfig config = model::TinyConfig();
  config.vocab_size = 65'000;
  return config;
}

class PolicyServerTest : public testing::Test {
 protected:
  PolicyServerTest() {
    shelf_.Prepare(2, text::CountdownTokenizerFiles());
    host_.AddService(server_);
    const absl::StatusOr<int> port = host_.Start("127.0.0.1:0");
    GYRE_CHECK(port.ok(), "a port on loopback");
    stub_ = PolicyService::NewStub(rpc::CreateChannel(absl::StrCat("127.0.0.1:", *port)));
  }

  std::shared_ptr<const PolicySnapshot> Publish(int64_t version, uint32_t seed) {
    const weights::ModelConfig config = WideConfig();
    const model::Parameters parameters = model::RandomParameters(config, seed);
    const model::PackedNetwork network(parameters, BestKernels());
    auto snapshot = PolicySnapshot::Make(version, parameters, network,
                                         {.address = "127.0.0.1:1",
                                          .tokenizer_digest = base::Sha256::Of("tokenizer"),
                                          .probe = ProbeSequences(config, 7)});
    GYRE_CHECK(snapshot.ok(), "a snapshot can be made");
    shelf_.Put(*snapshot);
    return *snapshot;
  }

  // (tensor, block) → bytes, in the order that they came.
  using Blocks = std::vector<std::pair<std::pair<uint32_t, uint32_t>, std::string>>;
  grpc::Status Fetch(const FetchRequest& request, Blocks& blocks) {
    grpc::ClientContext context;
    const auto stream = stub_->Fetch(&context, request);
    for (FetchReply reply; stream->Read(&reply);) {
      EXPECT_LE(reply.data().size(), size_t{1} << 20);
      const std::pair<uint32_t, uint32_t> name = {reply.tensor(), reply.block()};
      if (blocks.empty() || blocks.back().first != name) blocks.push_back({name, ""});
      EXPECT_EQ(reply.offset(), blocks.back().second.size());
      blocks.back().second += reply.data();
    }
    return stream->Finish();
  }

  PolicyShelf shelf_;
  PolicyServer server_{shelf_};
  rpc::ServerHost host_;
  std::unique_ptr<PolicyService::Stub> stub_;
};

TEST_F(PolicyServerTest, SendsAllBlocksWithTheManifestsDigests) {
  const auto snapshot = Publish(3, 1);
  const PolicyManifest& manifest = snapshot->manifest();
  ASSERT_TRUE(weights::CheckManifest(manifest, snapshot->id()).ok());
  FetchRequest request;
  *request.mutable_policy() = snapshot->id();
  Blocks blocks;
  ASSERT_TRUE(Fetch(request, blocks).ok());
  size_t next = 0;
  for (int tensor = 0; tensor < manifest.tensors_size(); ++tensor) {
    for (int block = 0; block < manifest.tensors(tensor).block_digests_size(); ++block, ++next) {
      ASSERT_LT(next, blocks.size());
      EXPECT_EQ(blocks[next].first,
                std::pair(static_cast<uint32_t>(tensor), static_cast<uint32_t>(block)));
      EXPECT_EQ(base::Sha256::Of(blocks[next].second).bytes(),
                manifest.tensors(tensor).block_digests(block));
    }
  }
  EXPECT_EQ(next, blocks.size());
  EXPECT_EQ(manifest.tensors(0).block_digests_size(), 2);
}

TEST_F(PolicyServerTest, SendsRangesInTheOrderAskedForAndRefusesOthers) {
  const auto snapshot = Publish(3, 1);
  FetchRequest request;
  *request.mutable_policy() = snapshot->id();
  FetchRequest::Range& small = *request.add_ranges();
  small.set_tensor(2);
  small.set_blocks(1);
  FetchRequest::Range& second = *request.add_ranges();
  second.set_first_block(1);
  second.set_blocks(1);
  Blocks blocks;
  ASSERT_TRUE(Fetch(request, blocks).ok());
  ASSERT_EQ(blocks.size(), 2u);
  EXPECT_EQ(blocks[0].first, std::pair(2u, 0u));
  EXPECT_EQ(blocks[1].first, std::pair(0u, 1u));
  EXPECT_EQ(blocks[1].second, snapshot->Block(0, 1));

  second.set_blocks(2);
  EXPECT_EQ(Fetch(request, blocks).error_code(), grpc::INVALID_ARGUMENT);
  second.set_tensor(1000);
  EXPECT_EQ(Fetch(request, blocks).error_code(), grpc::INVALID_ARGUMENT);
}

TEST_F(PolicyServerTest, HoldsTheNewestPoliciesAndNoOthers) {
  const auto first = Publish(1, 1);
  const auto second = Publish(2, 2);
  const auto again = Publish(2, 2);  // the same weights: no new place
  FetchRequest request;
  Blocks blocks;
  *request.mutable_policy() = first->id();
  EXPECT_TRUE(Fetch(request, blocks).ok());
  Publish(3, 3);
  EXPECT_EQ(Fetch(request, blocks).error_code(), grpc::NOT_FOUND);
  *request.mutable_policy() = second->id();
  EXPECT_TRUE(Fetch(request, blocks).ok());
  request.mutable_policy()->set_root_digest(first->id().root_digest());
  EXPECT_EQ(Fetch(request, blocks).error_code(), grpc::NOT_FOUND);
}

TEST_F(PolicyServerTest, AProbeAgreesWithTheWeightsAndWithNoOthers) {
  const auto snapshot = Publish(3, 1);
  const Probe& probe = snapshot->manifest().probe();
  ASSERT_GT(probe.sequences_size(), 1);
  const model::PackedNetwork same(model::RandomParameters(WideConfig(), 1), BestKernels());
  EXPECT_EQ(*model::ProbeDifference(same, probe), 0.0);
  const model::PackedNetwork other(model::RandomParameters(WideConfig(), 2), BestKernels());
  EXPECT_GT(*model::ProbeDifference(other, probe), 0.0);
}

TEST_F(PolicyServerTest, SendsTheTokenizersFiles) {
  const text::TokenizerFiles files = text::CountdownTokenizerFiles();
  FetchTokenizerRequest request;
  request.set_tokenizer_digest(std::string(text::TokenizerDigest(files).bytes()));
  text::TokenizerFiles received;
  grpc::ClientContext context;
  const auto stream = stub_->FetchTokenizer(&context, request);
  for (TokenizerFile file; stream->Read(&file);) received[file.name()] += file.content();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(received, files);

  request.set_tokenizer_digest("another");
  grpc::ClientContext other_context;
  TokenizerFile none;
  const auto refused = stub_->FetchTokenizer(&other_context, request);
  EXPECT_FALSE(refused->Read(&none));
  EXPECT_EQ(refused->Finish().error_code(), grpc::NOT_FOUND);
}

}  // namespace
}  // namespace gyre::learner
