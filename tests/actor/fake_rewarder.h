// A rewarder whose outcomes are a function of the text, and which a test can hold up or break.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "absl/time/clock.h"
#include "base/check.h"
#include "base/mutex.h"
#include "proto/rewarder.grpc.pb.h"
#include "rpc/server_host.h"
#include "rpc/status_codec.h"

namespace gyre::actor {

class FakeRewarder final : public Rewarder::Service {
 public:
  FakeRewarder() {
    host_.AddService(*this);
    const absl::StatusOr<int> port = host_.Start("127.0.0.1:0");
    GYRE_CHECK(port.ok(), "the fake rewarder listens");
    address_ = "127.0.0.1:" + std::to_string(*port);
  }
  ~FakeRewarder() override {
    Open();
    host_.Stop(absl::Now());
  }

  const std::string& address() const { return address_; }

  // Calls wait from here on, until Open.
  void Close() {
    base::MutexLock lock(mutex_);
    closed_ = true;
  }
  void Open() {
    base::MutexLock lock(mutex_);
    closed_ = false;
    changed_.NotifyAll();
  }

  // All calls from here on fail with it, unless it is OK.
  void Fail(const absl::Status& status) {
    base::MutexLock lock(mutex_);
    failure_ = status;
  }
  // Spoils replies from here on.
  void Spoil(std::function<void(ScoreReply&)> spoil) {
    base::MutexLock lock(mutex_);
    spoil_ = std::move(spoil);
  }

  int NumCancelled() {
    base::MutexLock lock(mutex_);
    return cancelled_;
  }
  // Whether so many calls have come, or have been cancelled by their callers, within 20 s.
  bool WaitForCalls(int count) {
    return WaitFor([this, count] { return calls >= count; });
  }
  bool WaitForCancelled(int count) {
    return WaitFor([this, count] {
      mutex_.AssertHeld();
      return cancelled_ >= count;
    });
  }

  static double ValueOf(const std::string& text) { return static_cast<double>(text.size() % 3); }

  grpc::Status Score(grpc::ServerContext* context, const ScoreRequest* request,
                     ScoreReply* reply) override {
    base::MutexLock lock(mutex_);
    ++calls;
    changed_.NotifyAll();
    while (closed_ && !context->IsCancelled()) {
      changed_.WaitUntil(mutex_, absl::Now() + absl::Milliseconds(10), [&] {
        mutex_.AssertHeld();
        return !closed_;
      });
    }
    if (context->IsCancelled()) {
      ++cancelled_;
      changed_.NotifyAll();
      return grpc::Status::CANCELLED;
    }
    if (!failure_.ok()) return rpc::ToGrpc(failure_);
    for (const ScoreRequest::Response& response : request->responses()) {
      ++responses;
      ScoreReply::Scored& scored = *reply->add_scored();
      scored.set_index(response.index());
      for (const std::string& component : request->components()) {
        ComponentOutcome& outcome = *scored.mutable_outcome()->add_components();
        outcome.set_component(component);
        outcome.set_value(ValueOf(response.text()));
        outcome.set_rule(request->problem().id());
      }
    }
    if (spoil_ != nullptr) spoil_(*reply);
    return grpc::Status::OK;
  }

  std::atomic<int> calls = 0;
  std::atomic<int> responses = 0;

 private:
  bool WaitFor(const std::function<bool()>& condition) {
    base::MutexLock lock(mutex_);
    return changed_.WaitUntil(mutex_, absl::Now() + absl::Seconds(20), condition);
  }

  rpc::ServerHost host_;
  std::string address_;
  base::Mutex mutex_;
  base::CondVar changed_;
  int cancelled_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  std::function<void(ScoreReply&)> spoil_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace gyre::actor
