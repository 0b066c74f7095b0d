// How weights are named and checked in transit: proto/policy.proto says what is hashed, this is the
// one place where it is done. Learner (writes manifests) and actor (checks them and the blocks)
// share it. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "base/digest.h"
#include "proto/policy.pb.h"

namespace gyre::weights {

// A tensor's row-major little-endian bytes are cut into blocks of this size, the last one shorter.
inline constexpr int64_t kPolicyBlockBytes = int64_t{4} << 20;

// The only dtype so far.
inline constexpr std::string_view kPolicyDtype = "F32";

// Bytes of a tensor by its shape. A shape without dimensions is one number. The entry must have
// passed CheckTensorEntry.
int64_t TensorBytes(const TensorEntry& entry);

int64_t NumPolicyBlocks(int64_t tensor_bytes);

// Bytes of block number `block` < NumPolicyBlocks(tensor_bytes).
int64_t PolicyBlockBytes(int64_t tensor_bytes, int64_t block);

// The entry with all its block digests. `values` is the tensor in row-major order and has as many
// floats as `shape` says.
TensorEntry MakeTensorEntry(const std::string& name, absl::Span<const int64_t> shape,
                            absl::Span<const float> values);

// Over the manifest's tensors in their order; see proto/policy.proto. Reads no other field.
base::Sha256Digest PolicyRootDigest(const PolicyManifest& manifest);

// INVALID_ARGUMENT, naming the tensor: no name, another dtype, a shape whose bytes overflow, or not
// one digest of 32 bytes a block.
absl::Status CheckTensorEntry(const TensorEntry& entry);

// Every entry is sound, and the manifest's own root digest and version are those of `id`.
// DATA_LOSS: the root digest does not come out; FAILED_PRECONDITION: a manifest of another policy;
// INVALID_ARGUMENT as CheckTensorEntry.
absl::Status CheckManifest(const PolicyManifest& manifest, const PolicyId& id);

// "12/3fa90c11": for logs and errors.
std::string PolicyName(const PolicyId& id);

}  // namespace gyre::weights
