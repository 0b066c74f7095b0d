// A coordinator that does as the test says: leases what is queued, notes what it hears.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/check.h"
#include "base/mutex.h"
#include "proto/coordinator.grpc.pb.h"
#include "rpc/server_host.h"
#include "rpc/status_codec.h"

namespace gyre::actor {

struct Submission {
  SubmitGroupRequest::Header header;
  std::vector<Sample> samples;
};

class FakeCoordinator final : public Coordinator::Service {
 public:
  // What a test scripts and looks at, under the mutex.
  struct State {
    std::string spec;
    uint64_t epoch = 1;
    bool finished = false;
    bool keep_leases = true;  // when joining again
    absl::Status join_status;
    absl::Status failure;                        // of every heartbeat and question for leases
    std::vector<absl::Status> heartbeat_script;  // what the next ones are answered; OK: well
    std::vector<absl::Status> join_script;       // the same
    double ask_again_seconds = 0;
    bool answers_at_once = false;  // questions for leases, with what there is
    absl::Duration lease_time = absl::InfiniteDuration();  // without progress
    std::vector<std::string> rewarders;
    PolicyId newest;
    std::map<int64_t, PolicyManifest> manifests;  // by version
    std::vector<PolicyManifest> bad_manifests;    // given out first
    std::vector<Lease> open;                      // not leased yet
    std::set<uint64_t> lost;
    std::map<uint64_t, absl::Status> refusals;  // of the next submission of this lease

    std::vector<JoinRequest> joins;
    std::vector<LeaseGroupsRequest> asked;
    HeartbeatRequest last_heartbeat;
    uint64_t heartbeats = 0;
    std::vector<Submission> submissions;
    std::map<uint64_t, std::string> returned;  // lease → reason
    std::set<uint64_t> cannot_be_made;         // of these
    uint64_t leases_expired = 0;
    std::vector<std::string> farewells;
  };

  FakeCoordinator() { StartServer("127.0.0.1:0"); }
  ~FakeCoordinator() override { host_->Stop(absl::Now()); }

  std::string address() const { return address_; }

  // As after a kill: the same port, the next epoch.
  void Restart() {
    host_->Stop(absl::Now());
    {
      base::MutexLock lock(mutex_);
      ++state_.epoch;
    }
    StartServer(address_);
  }

  void Change(const std::function<void(State&)>& change) {
    base::MutexLock lock(mutex_);
    change(state_);
    changed_.NotifyAll();
  }

  // Whether it comes true within 20 s.
  bool WaitFor(const std::function<bool(const State&)>& condition) {
    base::MutexLock lock(mutex_);
    return changed_.WaitUntil(mutex_, absl::Now() + absl::Seconds(20), [&] {
      mutex_.AssertHeld();
      return condition(state_);
    });
  }

  State Look() {
    base::MutexLock lock(mutex_);
    return state_;
  }

  grpc::Status Join(grpc::ServerContext*, const JoinRequest* request, JoinReply* reply) override {
    base::MutexLock lock(mutex_);
    if (!state_.join_status.ok()) return rpc::ToGrpc(state_.join_status);
    if (former_.contains(request->instance())) {
      return rpc::ToGrpc(absl::AlreadyExistsError("another process has taken the name"));
    }
    state_.joins.push_back(*request);
    changed_.NotifyAll();
    if (const absl::Status scripted = Take(state_.join_script); !scripted.ok()) {
      return rpc::ToGrpc(scripted);
    }
    if (!instance_.empty() && instance_ != request->instance()) former_.insert(instance_);
    instance_ = request->instance();
    member_id_ = state_.joins.size();
    *reply->mutable_member() = Member();
    reply->set_spec(state_.spec);
    reply->set_spec_digest("the spec's digest");
    reply->set_heartbeat_seconds(0.02);
    for (const HeldLease& held : request->held_leases()) {
      if (state_.keep_leases) reply->add_kept_leases(held.lease_id());
    }
    changed_.NotifyAll();
    return grpc::Status::OK;
  }

  grpc::Status Heartbeat(grpc::ServerContext*, const HeartbeatRequest* request,
                         HeartbeatReply* reply) override {
    base::MutexLock lock(mutex_);
    ++state_.heartbeats;
    changed_.NotifyAll();
    if (const absl::Status scripted = Take(state_.heartbeat_script); !scripted.ok()) {
      return rpc::ToGrpc(scripted);
    }
    if (!state_.failure.ok()) return rpc::ToGrpc(state_.failure);
    if (!Knows(request->member())) return JoinAgain();
    state_.last_heartbeat = *request;
    Expire(*request, *reply);
    for (const auto& progress : request->leases()) {
      if (state_.lost.count(progress.lease_id()) > 0) reply->add_lost_leases(progress.lease_id());
    }
    for (const std::string& address : state_.rewarders) reply->add_rewarder_addresses(address);
    if (!state_.newest.root_digest().empty()) *reply->mutable_policy() = state_.newest;
    reply->set_finished(state_.finished);
    changed_.NotifyAll();
    return grpc::Status::OK;
  }

  grpc::Status LeaseGroups(grpc::ServerContext* context, const LeaseGroupsRequest* request,
                           LeaseGroupsReply* reply) override {
    base::MutexLock lock(mutex_);
    if (!Knows(request->member())) return JoinAgain();
    state_.asked.push_back(*request);
    const absl::Time end = absl::Now() + absl::Seconds(request->wait_seconds());
    if (!state_.failure.ok()) return rpc::ToGrpc(state_.failure);
    while (state_.open.empty() && !state_.finished && !state_.answers_at_once &&
           absl::Now() < end && Knows(request->member()) && !context->IsCancelled()) {
      changed_.WaitUntil(mutex_, std::min(end, absl::Now() + absl::Milliseconds(20)),
                         [] { return false; });
    }
    // The caller may have left while it waited.
    if (!Knows(request->member())) return JoinAgain();
    int64_t free = request->free_sequences();
    while (!state_.open.empty()) {
      const Lease& lease = state_.open.front();
      const bool alone = request->held_groups() == 0 && reply->leases().empty();
      if (lease.sampling().samples() > free && !alone) break;
      free -= lease.sampling().samples();
      *reply->add_leases() = lease;
      progress_[lease.lease_id()] = {.last_growth = absl::Now()};
      state_.open.erase(state_.open.begin());
    }
    reply->set_finished(state_.finished);
    reply->set_ask_again_seconds(state_.ask_again_seconds);
    return grpc::Status::OK;
  }

  grpc::Status GetPolicy(grpc::ServerContext*, const GetPolicyRequest* request,
                         PolicyManifest* reply) override {
    base::MutexLock lock(mutex_);
    if (!Knows(request->member())) return JoinAgain();
    const auto found = state_.manifests.find(request->policy().version());
    if (found == state_.manifests.end()) return grpc::Status(grpc::NOT_FOUND, "never published");
    *reply = found->second;
    if (!state_.bad_manifests.empty()) {
      *reply = state_.bad_manifests.back();
      state_.bad_manifests.pop_back();
    }
    return grpc::Status::OK;
  }

  grpc::Status SubmitGroup(grpc::ServerContext*, grpc::ServerReader<SubmitGroupRequest>* reader,
                           SubmitGroupReply*) override {
    Submission submission;
    SubmitGroupRequest message;
    while (reader->Read(&message)) {
      if (message.has_header()) submission.header = message.header();
      if (message.has_sample()) submission.samples.push_back(message.sample());
    }
    base::MutexLock lock(mutex_);
    if (!Knows(submission.header.member())) return JoinAgain();
    const auto refusal = state_.refusals.find(submission.header.lease_id());
    if (refusal != state_.refusals.end()) {
      const absl::Status status = refusal->second;
      state_.refusals.erase(refusal);
      changed_.NotifyAll();
      return rpc::ToGrpc(status);
    }
    state_.submissions.push_back(std::move(submission));
    changed_.NotifyAll();
    return grpc::Status::OK;
  }

  grpc::Status ReturnLeases(grpc::ServerContext*, const ReturnLeasesRequest* request,
                            ReturnLeasesReply*) override {
    base::MutexLock lock(mutex_);
    if (!Knows(request->member())) return JoinAgain();
    for (const uint64_t id : request->lease_ids()) {
      state_.returned[id] = request->reason();
      if (request->cannot_be_made()) state_.cannot_be_made.insert(id);
    }
    changed_.NotifyAll();
    return grpc::Status::OK;
  }

  grpc::Status Leave(grpc::ServerContext*, const LeaveRequest* request, LeaveReply*) override {
    base::MutexLock lock(mutex_);
    state_.farewells.push_back(request->reason());
    member_id_ = 0;
    changed_.NotifyAll();
    return grpc::Status::OK;
  }

 private:
  void StartServer(const std::string& address) {
    host_ = std::make_unique<rpc::ServerHost>();
    host_->AddService(*this);
    const absl::StatusOr<int> port = host_->Start(address);
    GYRE_CHECK(port.ok(), "the fake coordinator listens");
    address_ = "127.0.0.1:" + std::to_string(*port);
  }

  MemberRef Member() const {
    MemberRef member;
    member.set_member_id(member_id_);
    member.set_epoch(state_.epoch);
    return member;
  }
  bool Knows(const MemberRef& member) const {
    return member.member_id() == member_id_ && member.epoch() == state_.epoch;
  }
  static absl::Status Take(std::vector<absl::Status>& script) {
    if (script.empty()) return absl::OkStatus();
    const absl::Status status = script.front();
    script.erase(script.begin());
    return status;
  }
  // Leases without progress for lease_time are lost, as with the real one.
  void Expire(const HeartbeatRequest& request, HeartbeatReply& reply) {
    for (const auto& lease : request.leases()) {
      Progress& known = progress_[lease.lease_id()];
      const uint64_t done = lease.tokens() + lease.outcomes();
      if (done > known.done || lease.waiting_for_rewarder()) {
        known = {.done = done, .last_growth = absl::Now()};
      } else if (absl::Now() > known.last_growth + state_.lease_time) {
        reply.add_lost_leases(lease.lease_id());
        ++state_.leases_expired;
      }
    }
  }
  static grpc::Status JoinAgain() {
    return grpc::Status(grpc::FAILED_PRECONDITION, "join again: another epoch");
  }

  std::string address_;
  std::unique_ptr<rpc::ServerHost> host_;
  base::Mutex mutex_;
  base::CondVar changed_;
  State state_;
  uint64_t member_id_ = 0;
  struct Progress {
    uint64_t done = 0;
    absl::Time last_growth;
  };
  std::map<uint64_t, Progress> progress_;  // by lease
  std::string instance_;                   // that joined last
  std::set<std::string> former_;           // instances whose name was taken
};

}  // namespace gyre::actor
