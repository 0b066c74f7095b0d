#include "weights/policy_digest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace gyre::weights {
namespace {

using ::testing::HasSubstr;

std::vector<float> Values(int64_t size) {
  std::vector<float> values(static_cast<size_t>(size));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i) * 0.5f;
  return values;
}

PolicyManifest TwoTensors() {
  PolicyManifest manifest;
  *manifest.add_tensors() = MakeTensorEntry("a", {2, 3}, Values(6));
  *manifest.add_tensors() = MakeTensorEntry("b", {4}, Values(4));
  manifest.mutable_id()->set_version(7);
  manifest.mutable_id()->set_root_digest(std::string(PolicyRootDigest(manifest).bytes()));
  return manifest;
}

TEST(PolicyDigest, RootIsTheHashThatTheProtoSpellsOut) {
  std::string bytes;
  const auto add_dimension = [&bytes](uint64_t dimension) {
    for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(dimension >> (8 * i)));
  };
  const auto block_digest = [](int64_t size) {
    const std::vector<float> values = Values(size);
    std::string raw(values.size() * sizeof(float), '\0');
    std::memcpy(raw.data(), values.data(), raw.size());
    return std::string(base::Sha256Digest(base::Sha256::Of(raw)).bytes());
  };
  bytes += std::string("a\0F32\0", 6);
  add_dimension(2);
  add_dimension(3);
  bytes += block_digest(6);
  bytes += std::string("b\0F32\0", 6);
  add_dimension(4);
  bytes += block_digest(4);
  EXPECT_EQ(PolicyRootDigest(TwoTensors()), base::Sha256::Of(bytes));
}

TEST(PolicyDigest, TensorIsCutIntoBlocksOfFourMebibytes) {
  const int64_t size = (kPolicyBlockBytes + kPolicyBlockBytes / 2) / 4;
  const std::vector<float> values = Values(size);
  const TensorEntry entry = MakeTensorEntry("large", {size}, values);
  ASSERT_EQ(entry.block_digests_size(), 2);
  const char* bytes = reinterpret_cast<const char*>(values.data());
  EXPECT_EQ(entry.block_digests(1), base::Sha256::Of({bytes + kPolicyBlockBytes,
                                                      static_cast<size_t>(kPolicyBlockBytes / 2)})
                                        .bytes());
  EXPECT_EQ(PolicyBlockBytes(TensorBytes(entry), 0), kPolicyBlockBytes);
  EXPECT_EQ(PolicyBlockBytes(TensorBytes(entry), 1), kPolicyBlockBytes / 2);
}

TEST(PolicyDigest, SoundManifestIsAccepted) {
  const PolicyManifest manifest = TwoTensors();
  EXPECT_TRUE(CheckManifest(manifest, manifest.id()).ok());
}

TEST(PolicyDigest, ManifestOfAnotherPolicyIsRefused) {
  const PolicyManifest manifest = TwoTensors();
  PolicyId other = manifest.id();
  other.set_version(8);
  EXPECT_EQ(CheckManifest(manifest, other).code(), absl::StatusCode::kFailedPrecondition);
}

TEST(PolicyDigest, ChangedBlockDigestChangesTheRoot) {
  PolicyManifest manifest = TwoTensors();
  (*manifest.mutable_tensors(0)->mutable_block_digests(0))[5] ^= 1;
  EXPECT_EQ(CheckManifest(manifest, manifest.id()).code(), absl::StatusCode::kDataLoss);
}

TEST(PolicyDigest, EntriesThatCannotBeAreRefusedByName) {
  PolicyManifest manifest = TwoTensors();
  manifest.mutable_tensors(1)->set_shape(0, uint64_t{1} << 62);
  manifest.mutable_tensors(1)->add_shape(1 << 10);
  EXPECT_THAT(std::string(CheckManifest(manifest, manifest.id()).message()),
              HasSubstr("b: impossible"));
  manifest = TwoTensors();
  manifest.mutable_tensors(1)->set_dtype("F16");
  EXPECT_THAT(std::string(CheckManifest(manifest, manifest.id()).message()), HasSubstr("F16"));
  manifest = TwoTensors();
  manifest.mutable_tensors(0)->add_block_digests(std::string(32, 'x'));
  EXPECT_THAT(std::string(CheckManifest(manifest, manifest.id()).message()),
              HasSubstr("2 digests for 1 blocks"));
}

}  // namespace
}  // namespace gyre::weights
