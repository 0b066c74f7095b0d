#include "rpc/call.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/backoff.h"
#include "base/wait_for_stop.h"
#include "rpc/deadline.h"
#include "rpc/status_codec.h"

namespace gyre::rpc {
namespace {

absl::Status WithCall(const CallOptions& options, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(options.method, " at ", options.peer, ": ", status.message()));
}

absl::Status Stopped(const CallOptions& options) {
  return WithCall(options, absl::CancelledError("stopped by its caller"));
}

// Without the method and peer in the message.
absl::Status RunAttempt(const CallOptions& options, Attempt attempt) {
  grpc::ClientContext context;
  context.set_deadline(ToGrpcDeadline(options.deadline));
  const std::stop_callback cancel(options.stop, [&context] { context.TryCancel(); });
  return FromGrpc(attempt(context));
}

}  // namespace

absl::Status CallOnce(const CallOptions& options, Attempt attempt) {
  if (options.stop.stop_requested()) return Stopped(options);
  const absl::Status status = RunAttempt(options, attempt);
  if (status.ok()) return status;
  return options.stop.stop_requested() ? Stopped(options) : WithCall(options, status);
}

absl::Status CallWithRetry(const CallOptions& options, const RetryPolicy& policy, Attempt attempt) {
  base::Backoff backoff(policy.initial_backoff, policy.maximum_backoff, policy.jitter_seed);
  const absl::Time start = absl::Now();
  for (int attempts = 1;; ++attempts) {
    if (options.stop.stop_requested()) return Stopped(options);
    const absl::Status status = RunAttempt(options, attempt);
    if (status.ok()) return status;
    if (options.stop.stop_requested()) return Stopped(options);
    if (!absl::IsUnavailable(status)) return WithCall(options, status);
    const absl::Time next = absl::Now() + backoff.Next();
    if (next >= options.deadline) {
      return WithCall(
          options,
          absl::UnavailableError(absl::StrCat(
              "not available after ", attempts, " attempts in ",
              absl::FormatDuration(absl::Trunc(absl::Now() - start, absl::Milliseconds(1))),
              "; the last said: ", status.message())));
    }
    base::WaitForStop(options.stop, next);
  }
}

// gRPC gives a connection that is cut while a call runs no code of its own: mostly UNAVAILABLE, but
// a server that stops cancels its handlers, and what a reset stream becomes depends on its state.
bool IsPassing(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
      return true;
    case absl::StatusCode::kResourceExhausted:
      return !IsTooLarge(status);
    case absl::StatusCode::kUnknown:
      return absl::StrContains(status.message(), "Stream removed");
    case absl::StatusCode::kInternal:
      return absl::StrContains(status.message(), "RST_STREAM");
    default:
      return false;
  }
}

// gRPC has no code for it, only these words.
bool IsTooLarge(const absl::Status& status) {
  return absl::IsResourceExhausted(status) &&
         absl::StrContains(status.message(), "message larger than max");
}

}  // namespace gyre::rpc
