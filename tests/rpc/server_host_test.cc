#include "rpc/server_host.h"

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/worker_thread.h"
#include "rpc/call.h"
#include "rpc/channel.h"
#include "tests/rpc/echo_service.h"

namespace gyre::rpc {
namespace {

using testing::HasSubstr;

absl::Time Late() { return absl::Now() + absl::Minutes(1); }

class Server {
 public:
  explicit Server(int max_threads = 16) : host_({.max_threads = max_threads}) {
    host_.AddService(service_);
    const auto port = host_.Start("127.0.0.1:0");
    EXPECT_TRUE(port.ok()) << port.status();
    address_ = absl::StrCat("127.0.0.1:", port.value_or(0));
    stub_ = test::Echo::NewStub(CreateChannel(address_));
  }

  absl::Status Say(const std::string& text) {
    return CallOnce({"Echo.Say", address_, Late()}, [&](grpc::ClientContext& context) {
      test::Text request;
      request.set_text(text);
      test::Text response;
      const grpc::Status status = stub_->Say(&context, request, &response);
      EXPECT_TRUE(!status.ok() || response.text() == text);
      return status;
    });
  }
  absl::Status Hold() {
    return CallOnce({"Echo.Hold", address_, Late()}, [&](grpc::ClientContext& context) {
      test::Text response;
      return stub_->Hold(&context, test::Text(), &response);
    });
  }
  // The standard health check of the whole server, as bytes: field 1 of the answer is 1 for
  // SERVING, 2 for NOT_SERVING.
  int Health() {
    grpc::GenericStub stub(CreateChannel(address_));
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(Late()));
    grpc::CompletionQueue queue;
    const grpc::Slice nothing;
    const grpc::ByteBuffer request(&nothing, 1);
    grpc::ByteBuffer response;
    grpc::Status status;
    auto call = stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", request, &queue);
    call->StartCall();
    call->Finish(&response, &status, &status);
    void* tag = nullptr;
    bool ok = false;
    EXPECT_TRUE(queue.Next(&tag, &ok));
    EXPECT_TRUE(status.ok()) << status.error_message();
    grpc::Slice slice;
    EXPECT_TRUE(response.DumpToSingleSlice(&slice).ok());
    return slice.size() == 2 && slice.begin()[0] == 0x08 ? slice.begin()[1] : -1;
  }

  ServerHost& host() { return host_; }
  EchoService& service() { return service_; }
  const std::string& address() const { return address_; }

 private:
  EchoService service_;
  ServerHost host_;
  std::string address_;
  std::unique_ptr<test::Echo::Stub> stub_;
};

TEST(ServerHost, AnswersOnThePortItWasGiven) {
  Server server;
  EXPECT_TRUE(server.Say("hello").ok());
}

TEST(ServerHost, TakesMessagesUpTo64MiB) {
  Server server;
  EXPECT_TRUE(server.Say(std::string(60 << 20, 'x')).ok());
  EXPECT_EQ(server.Say(std::string(65 << 20, 'x')).code(), absl::StatusCode::kResourceExhausted);
}

TEST(ServerHost, NamesAPortThatIsTaken) {
  Server server;
  EchoService service;
  ServerHost second;
  second.AddService(service);
  const absl::Status taken = second.Start(server.address()).status();
  EXPECT_EQ(taken.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(taken.message()), HasSubstr(server.address()));
  // The host is as before: it may listen elsewhere.
  EXPECT_TRUE(second.Start("127.0.0.1:0").ok());
}

TEST(ServerHost, NamesAnAddressThatIsNone) {
  EchoService service;
  ServerHost host;
  host.AddService(service);
  for (const std::string address : {"127.0.0.1:port", "127.0.0.1", "127.0.0.1:99999", ""}) {
    const absl::Status status = host.Start(address).status();
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(std::string(status.message()), HasSubstr(absl::StrCat("listen on ", address)));
  }
}

TEST(ServerHost, RefusesAnAddressThatOthersReachWithoutCredentials) {
  EchoService service;
  ServerHost host;
  host.AddService(service);
  const absl::Status status = host.Start("0.0.0.0:0").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("0.0.0.0:0 without credentials"));
}

TEST(ServerHost, ListensAgainOnThePortOfAServerThatStopped) {
  Server server;
  ASSERT_TRUE(server.Say("first").ok());
  server.host().Stop(Late());
  EchoService service;
  ServerHost again;
  again.AddService(service);
  ASSERT_TRUE(again.Start(server.address()).ok());
  // The same channel finds the new server.
  const auto stub = test::Echo::NewStub(CreateChannel(server.address()));
  const absl::Status status =
      CallWithRetry({"Echo.Say", server.address(), Late()}, {}, [&](grpc::ClientContext& context) {
        test::Text response;
        return stub->Say(&context, test::Text(), &response);
      });
  EXPECT_TRUE(status.ok()) << status;
}

TEST(ServerHost, TellsItsHealthAndThatItDrains) {
  Server server;
  EXPECT_EQ(server.Health(), 1);
  server.host().Drain();
  EXPECT_EQ(server.Health(), 2);
  EXPECT_TRUE(server.Say("still here").ok());
}

TEST(ServerHost, RefusesCallsBeyondItsThreadsAtOnce) {
  constexpr int kMaxThreads = 4;
  Server server(kMaxThreads);
  std::vector<absl::Status> results(2 * kMaxThreads);
  {
    std::vector<std::unique_ptr<base::WorkerThread>> callers;
    base::Mutex mutex;
    base::CondVar changed;
    int refused = 0;
    for (absl::Status& result : results) {
      callers.push_back(std::make_unique<base::WorkerThread>("caller", [&](std::stop_token) {
        result = server.Hold();
        base::MutexLock lock(mutex);
        refused += absl::IsResourceExhausted(result);
        changed.NotifyAll();
      }));
    }
    {
      base::MutexLock lock(mutex);
      EXPECT_TRUE(changed.WaitUntil(mutex, Late(), [&] { return refused >= kMaxThreads; }));
    }
    server.service().Release();
  }
  int held = 0;
  for (const absl::Status& result : results) {
    held += result.ok();
    EXPECT_TRUE(result.ok() || absl::IsResourceExhausted(result)) << result;
  }
  EXPECT_GE(held, 1);
  EXPECT_LE(held, kMaxThreads);
  EXPECT_TRUE(server.Say("room again").ok());
}

TEST(ServerHost, LetsRunningCallsEndBeforeItStops) {
  Server server;
  absl::Status held = absl::UnknownError("not run");
  base::WorkerThread caller("caller", [&](std::stop_token) { held = server.Hold(); });
  ASSERT_TRUE(server.service().WaitForHolding(1));
  base::WorkerThread stopper("stopper", [&](std::stop_token) { server.host().Stop(Late()); });
  server.service().Release();
  stopper.Join();
  caller.Join();
  EXPECT_TRUE(held.ok()) << held;
  EXPECT_TRUE(absl::IsUnavailable(server.Say("too late")));
}

TEST(ServerHost, CancelsCallsThatOutlastTheDeadlineOfAStop) {
  Server server;
  absl::Status held;
  base::WorkerThread caller("caller", [&](std::stop_token) { held = server.Hold(); });
  ASSERT_TRUE(server.service().WaitForHolding(1));
  const absl::Time start = absl::Now();
  server.host().Stop(start + absl::Milliseconds(20));
  EXPECT_LT(absl::Now() - start, absl::Seconds(30));
  EXPECT_TRUE(server.service().WaitForCancelled(1));
  caller.Join();
  EXPECT_FALSE(held.ok());
}

TEST(ServerHost, StopsWithoutHavingStarted) {
  ServerHost host;
  host.Stop(Late());
  host.Stop(Late());
  host.Drain();
}

}  // namespace
}  // namespace gyre::rpc
