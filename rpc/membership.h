#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "proto/coordinator.grpc.pb.h"
#include "proto/coordinator.pb.h"
#include "rpc/wait_board.h"

namespace gyre::rpc {

// A process's place in a run: it joins, calls the coordinator and repeats each call until it is
// answered, and joins again, saying what it holds, when the coordinator has restarted or forgotten
// it. Silence has no bound here: the coordinator may come back at any time. All methods from any
// thread, after Join; each blocks until answered or a stop is requested (CANCELLED).
//
// Refused for good (another run token, build or spec; another process has taken the name; the run
// has failed), a call returns that status, after on_refused was called.
class Membership {
 public:
  struct Options {
    std::string coordinator;  // HOST:PORT
    Role role = ROLE_UNSPECIFIED;
    std::string name;  // of the place: "actor-0"
    std::string build;
    std::string run_token;
    std::string address = {};  // where this process serves, if it does
    // The longest that one attempt of a call may take beyond the time that it is meant to wait.
    absl::Duration call_timeout = absl::Seconds(20);
    // Between two joinings, at least: two processes that take turns at one name do so slowly.
    absl::Duration join_interval = absl::Milliseconds(500);
  };
  // Each may be null. Called by the thread whose call found out, by one at a time.
  struct Callbacks {
    // Adds what is held to the request to join again. After an error this process does not join
    // again; the call returns it.
    std::function<absl::Status(JoinRequest&)> add_held;
    // After joining again: what was held and what was kept. The call returns its error.
    std::function<absl::Status(const JoinRequest&, const JoinReply&)> on_joined_again;
    std::function<void(const absl::Status& why)> on_refused = nullptr;
  };
  // One attempt of a call, as in rpc/call.h; it fills in the member itself.
  using MemberAttempt = absl::FunctionRef<grpc::Status(grpc::ClientContext&, const MemberRef&)>;
  template <typename Request, typename Reply>
  using Method = grpc::Status (Coordinator::Stub::*)(grpc::ClientContext*, const Request&, Reply*);

  // `waits`, if not null, shows when the coordinator is waited for.
  Membership(Options options, Callbacks callbacks, WaitBoard* waits = nullptr);
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;

  // Once, before all other calls.
  absl::Status Join(std::stop_token stop);
  // What the first Join said; constant afterwards.
  const JoinReply& joined() const { return joined_; }
  absl::Duration heartbeat_interval() const {
    return absl::Seconds(joined_.heartbeat_seconds() > 0 ? joined_.heartbeat_seconds() : 1);
  }
  MemberRef member() const ABSL_LOCKS_EXCLUDED(mutex_);
  Coordinator::Stub& stub() { return *stub_; }

  // A call named `method` that is meant to wait up to `wait`. Codes are those of the call and those
  // above; none that IsPassing comes out unless a stop is requested.
  absl::Status Call(const std::string& method, absl::Duration wait, std::stop_token stop,
                    MemberAttempt attempt);
  // The same for a unary call; fills in the member.
  template <typename Request, typename Reply>
  absl::StatusOr<Reply> Ask(const std::string& method, Method<Request, Reply> call, Request request,
                            absl::Duration wait, std::stop_token stop) {
    Reply reply;
    const absl::Status status = Call(method, wait, std::move(stop),
                                     [&](grpc::ClientContext& context, const MemberRef& member) {
                                       *request.mutable_member() = member;
                                       return (stub_.get()->*call)(&context, request, &reply);
                                     });
    if (!status.ok()) return status;
    return reply;
  }

  // One attempt, at most `timeout`: for what is said at the end.
  absl::Status CallOnce(const std::string& method, absl::Duration timeout, MemberAttempt attempt);
  // One attempt; errors are logged. `failure` not empty ends the run.
  void Leave(const std::string& reason, const std::string& failure, absl::Duration timeout);

 private:
  JoinRequest MakeJoinRequest() const;
  absl::StatusOr<JoinReply> SendJoin(const JoinRequest& request, std::stop_token stop);
  // Joins again unless another thread has done so since `old` was refused.
  absl::Status JoinAgain(const MemberRef& old, std::stop_token stop);
  // Returns `why`.
  absl::Status Refused(const absl::Status& why);

  const Options options_;
  const Callbacks callbacks_;
  WaitBoard* const waits_;
  const std::string instance_;  // random
  const std::unique_ptr<Coordinator::Stub> stub_;
  JoinReply joined_;     // constant once Join has returned
  base::Mutex joining_;  // held while joining again; before mutex_
  absl::Time last_join_ ABSL_GUARDED_BY(joining_) = absl::InfinitePast();
  mutable base::Mutex mutex_;
  MemberRef member_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace gyre::rpc
