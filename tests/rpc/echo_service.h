#pragma once

#include <functional>
#include <utility>

#include "absl/time/clock.h"
#include "base/mutex.h"
#include "tests/rpc/echo.grpc.pb.h"

namespace gyre::rpc {

// Say answers what the test says, by default the text itself; Hold waits for Release.
class EchoService final : public test::Echo::Service {
 public:
  using SayFunction = std::function<grpc::Status(const test::Text&, test::Text&)>;

  EchoService() = default;
  explicit EchoService(SayFunction say) : say_(std::move(say)) {}

  grpc::Status Say(grpc::ServerContext*, const test::Text* request, test::Text* response) override {
    if (say_) return say_(*request, *response);
    *response = *request;
    return grpc::Status::OK;
  }

  grpc::Status Hold(grpc::ServerContext* context, const test::Text* request,
                    test::Text* response) override {
    base::MutexLock lock(mutex_);
    ++holding_;
    changed_.NotifyAll();
    // A cancelled call notifies nobody, so the wait looks at it every few milliseconds.
    while (!changed_.WaitUntil(mutex_, absl::Now() + absl::Milliseconds(5),
                               [&] { return released_; })) {
      if (context->IsCancelled()) {
        ++cancelled_;
        changed_.NotifyAll();
        return grpc::Status::CANCELLED;
      }
    }
    *response = *request;
    return grpc::Status::OK;
  }

  grpc::Status Repeat(grpc::ServerContext*, const test::Text* request,
                      grpc::ServerWriter<test::Text>* writer) override {
    while (writer->Write(*request)) {
    }
    return grpc::Status::CANCELLED;
  }

  void Release() {
    base::MutexLock lock(mutex_);
    released_ = true;
    changed_.NotifyAll();
  }
  // Blocks until as many calls of Hold have begun (or have seen that they were cancelled); false:
  // not within a minute.
  bool WaitForHolding(int calls) { return WaitFor(holding_, calls); }
  bool WaitForCancelled(int calls) { return WaitFor(cancelled_, calls); }

 private:
  bool WaitFor(const int& count, int calls) {
    base::MutexLock lock(mutex_);
    return changed_.WaitUntil(mutex_, absl::Now() + absl::Minutes(1),
                              [&] { return count >= calls; });
  }

  const SayFunction say_;
  base::Mutex mutex_;
  base::CondVar changed_;
  bool released_ = false;
  int holding_ = 0;
  int cancelled_ = 0;
};

}  // namespace gyre::rpc
