#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace gyre::rpc {

// absl::Status and grpc::Status have the same codes; these two functions are the one place where
// they meet. The message is carried, payloads are not. gRPC sends the message in a header of a few
// KiB, so ToGrpc cuts a message at 2,000 bytes and says so.
grpc::Status ToGrpc(const absl::Status& status);

// A code that Abseil does not know becomes UNKNOWN.
absl::Status FromGrpc(const grpc::Status& status);

}  // namespace gyre::rpc
