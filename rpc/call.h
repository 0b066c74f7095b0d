#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <cstdint>
#include <stop_token>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"

namespace gyre::rpc {

// What a call needs besides its messages.
struct CallOptions {
  // For errors: "Coordinator.Lease", "127.0.0.1:4000".
  std::string method;
  std::string peer;
  // Real time; for CallWithRetry it covers all attempts and pauses.
  absl::Time deadline;
  // A stop request cancels the running attempt.
  std::stop_token stop = {};
};

struct RetryPolicy {
  absl::Duration initial_backoff = absl::Milliseconds(50);
  absl::Duration maximum_backoff = absl::Seconds(1);
  // Differs between members (the member id), so that they do not come back at once.
  std::uint64_t jitter_seed = 0;
};

// One attempt of an RPC: a unary call or a whole stream.
//   [&](grpc::ClientContext& context) { return stub.Lease(&context, request, &response); }
// It is called with a fresh context that carries the deadline, and must reset its response itself
// where that matters (unary calls do).
using Attempt = absl::FunctionRef<grpc::Status(grpc::ClientContext&)>;

// Blocks until the attempt has ended, at the latest soon after the deadline or the stop request. An
// error keeps the code that the peer or gRPC gave and reads "METHOD at PEER: TEXT"; after a stop
// request it is CANCELLED.
absl::Status CallOnce(const CallOptions& options, Attempt attempt);

// As CallOnce, and while the answer is UNAVAILABLE it waits and tries again until the deadline, so
// the call must be one that may be repeated. Every other answer is returned at once. Past the
// deadline: UNAVAILABLE when no attempt reached the peer or the peer said so, with the number of
// attempts and the last reason, or DEADLINE_EXCEEDED when an attempt was cut off by it.
absl::Status CallWithRetry(const CallOptions& options, const RetryPolicy& policy, Attempt attempt);

// Whether the peer gave no answer of its own: it is gone, hangs, stops, or has too much to do. The
// same call may be answered later, after a pause. Ask only when no stop was requested, since that
// ends a call with CANCELLED, too.
bool IsPassing(const absl::Status& status);

// Whether a message was larger than either side takes (kMaxMessageBytes): no peer will take it.
bool IsTooLarge(const absl::Status& status);

}  // namespace gyre::rpc
