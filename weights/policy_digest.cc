#include "weights/policy_digest.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"

namespace gyre::weights {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are hashed as they stand");

void UpdateLittleEndian(base::Sha256& sha256, uint64_t number) {
  sha256.Update(&number, sizeof(number));
}

}  // namespace

int64_t TensorBytes(const TensorEntry& entry) {
  int64_t bytes = sizeof(float);
  for (const uint64_t dimension : entry.shape()) bytes *= static_cast<int64_t>(dimension);
  return bytes;
}

int64_t NumPolicyBlocks(int64_t tensor_bytes) {
  return (tensor_bytes + kPolicyBlockBytes - 1) / kPolicyBlockBytes;
}

int64_t PolicyBlockBytes(int64_t tensor_bytes, int64_t block) {
  return std::min(kPolicyBlockBytes, tensor_bytes - block * kPolicyBlockBytes);
}

TensorEntry MakeTensorEntry(const std::string& name, absl::Span<const int64_t> shape,
                            absl::Span<const float> values) {
  TensorEntry entry;
  entry.set_name(name);
  entry.set_dtype(std::string(kPolicyDtype));
  for (const int64_t dimension : shape) entry.add_shape(static_cast<uint64_t>(dimension));
  const int64_t bytes = TensorBytes(entry);
  GYRE_CHECK(bytes == static_cast<int64_t>(values.size() * sizeof(float)),
             absl::StrCat("the shape of ", name, " holds its values"));
  const char* data = reinterpret_cast<const char*>(values.data());
  for (int64_t block = 0; block < NumPolicyBlocks(bytes); ++block) {
    const auto size = static_cast<size_t>(PolicyBlockBytes(bytes, block));
    entry.add_block_digests(
        std::string(base::Sha256::Of({data + block * kPolicyBlockBytes, size}).bytes()));
  }
  return entry;
}

base::Sha256Digest PolicyRootDigest(const PolicyManifest& manifest) {
  base::Sha256 sha256;
  for (const TensorEntry& entry : manifest.tensors()) {
    sha256.Update(entry.name());
    sha256.Update(std::string_view("\0", 1));
    sha256.Update(entry.dtype());
    sha256.Update(std::string_view("\0", 1));
    for (const uint64_t dimension : entry.shape()) UpdateLittleEndian(sha256, dimension);
    for (const std::string& digest : entry.block_digests()) sha256.Update(digest);
  }
  return sha256.Finish();
}

absl::Status CheckTensorEntry(const TensorEntry& entry) {
  if (entry.name().empty()) return absl::InvalidArgumentError("a tensor without a name");
  if (entry.dtype() != kPolicyDtype) {
    return absl::InvalidArgumentError(
        absl::StrCat(entry.name(), ": dtype ", entry.dtype(), " is not known"));
  }
  uint64_t bytes = sizeof(float);
  for (const uint64_t dimension : entry.shape()) {
    if (dimension == 0 || bytes > std::numeric_limits<int64_t>::max() / dimension) {
      return absl::InvalidArgumentError(absl::StrCat(entry.name(), ": impossible shape"));
    }
    bytes *= dimension;
  }
  const int64_t blocks = NumPolicyBlocks(static_cast<int64_t>(bytes));
  if (entry.block_digests_size() != blocks) {
    return absl::InvalidArgumentError(absl::StrCat(entry.name(), ": ", entry.block_digests_size(),
                                                   " digests for ", blocks, " blocks"));
  }
  for (const std::string& digest : entry.block_digests()) {
    if (digest.size() != base::Sha256Digest::kSize) {
      return absl::InvalidArgumentError(
          absl::StrCat(entry.name(), ": a digest of ", digest.size(), " bytes"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckManifest(const PolicyManifest& manifest, const PolicyId& id) {
  if (manifest.id().version() != id.version() || manifest.id().root_digest() != id.root_digest()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the manifest of policy ", PolicyName(manifest.id()), " came for policy ", PolicyName(id)));
  }
  if (manifest.tensors().empty()) return absl::InvalidArgumentError("a manifest without tensors");
  for (const TensorEntry& entry : manifest.tensors()) {
    GYRE_RETURN_IF_ERROR(CheckTensorEntry(entry));
  }
  if (PolicyRootDigest(manifest).bytes() != id.root_digest()) {
    return absl::DataLossError(
        absl::StrCat("the manifest of policy ", PolicyName(id), " has another root digest"));
  }
  return absl::OkStatus();
}

std::string PolicyName(const PolicyId& id) {
  return absl::StrCat(id.version(), "/", absl::BytesToHexString(id.root_digest().substr(0, 4)));
}

}  // namespace gyre::weights
