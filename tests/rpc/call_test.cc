#include "rpc/call.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/wait_for_stop.h"
#include "base/worker_thread.h"
#include "rpc/channel.h"
#include "rpc/server_host.h"
#include "rpc/status_codec.h"
#include "tests/rpc/echo_service.h"

namespace gyre::rpc {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

absl::Time Late() { return absl::Now() + absl::Minutes(1); }

constexpr RetryPolicy kQuick = {.initial_backoff = absl::Milliseconds(1),
                                .maximum_backoff = absl::Milliseconds(5)};

// Listens on a port of its own, or on a given one.
class Server {
 public:
  explicit Server(EchoService& service, const std::string& address = "127.0.0.1:0") {
    host_.AddService(service);
    const auto port = host_.Start(address);
    EXPECT_TRUE(port.ok()) << port.status();
    address_ = absl::StrCat("127.0.0.1:", port.value_or(0));
  }
  const std::string& address() const { return address_; }

 private:
  ServerHost host_;
  std::string address_;
};

// A port where nobody listens, though somebody did.
std::string AddressOfNobody() {
  EchoService service;
  return Server(service).address();
}

grpc::Status Say(const std::string& address, grpc::ClientContext& context) {
  test::Text response;
  return test::Echo::NewStub(CreateChannel(address))->Say(&context, test::Text(), &response);
}

TEST(CallOnce, NamesTheMethodAndThePeerOfAnError) {
  EchoService service([](const test::Text&, test::Text&) {
    return ToGrpc(absl::FailedPreconditionError("lease 7 is lost"));
  });
  const Server server(service);
  const absl::Status status =
      CallOnce({"Echo.Say", server.address(), Late()},
               [&](grpc::ClientContext& context) { return Say(server.address(), context); });
  EXPECT_EQ(status, absl::FailedPreconditionError(
                        absl::StrCat("Echo.Say at ", server.address(), ": lease 7 is lost")));
}

TEST(CallOnce, SaysThatNobodyListens) {
  const std::string address = AddressOfNobody();
  const absl::Status status =
      CallOnce({"Echo.Say", address, Late()},
               [&](grpc::ClientContext& context) { return Say(address, context); });
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), StartsWith(absl::StrCat("Echo.Say at ", address)));
}

// gRPC's own default would let it take five seconds and more (see grpc_library.cc). The peer is a
// bare socket, since a server in this process would poll for the channel, too.
TEST(CallOnce, KeepsLookingForAPeerWhileCallsFail) {
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(peer);
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  ASSERT_EQ(bind(socket, reinterpret_cast<sockaddr*>(&peer), size), 0);
  ASSERT_EQ(getsockname(socket, reinterpret_cast<sockaddr*>(&peer), &size), 0);
  const std::string address = absl::StrCat("127.0.0.1:", ntohs(peer.sin_port));
  const auto stub = test::Echo::NewStub(CreateChannel(address));
  const auto call = [&] {
    const absl::Status status =
        CallOnce({"Echo.Say", address, absl::Now() + absl::Milliseconds(20)},
                 [&](grpc::ClientContext& context) {
                   test::Text response;
                   return stub->Say(&context, test::Text(), &response);
                 });
    EXPECT_FALSE(status.ok());
    std::stop_source never;
    base::WaitForStop(never.get_token(), absl::Now() + absl::Milliseconds(20));
  };
  for (int i = 0; i < 15; ++i) call();
  ASSERT_EQ(listen(socket, 1), 0);
  const absl::Time start = absl::Now();
  pollfd incoming{socket, POLLIN, 0};
  while (poll(&incoming, 1, 0) == 0 && absl::Now() < start + absl::Seconds(30)) call();
  EXPECT_LT(absl::Now() - start, absl::Seconds(3));
  close(socket);
}

TEST(CallOnce, EndsACallAtItsDeadline) {
  EchoService service;
  const Server server(service);
  const absl::Status status =
      CallOnce({"Echo.Hold", server.address(), absl::Now() + absl::Milliseconds(50)},
               [&](grpc::ClientContext& context) {
                 test::Text response;
                 return test::Echo::NewStub(CreateChannel(server.address()))
                     ->Hold(&context, test::Text(), &response);
               });
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
}

TEST(CallOnce, RefusesADeadlineThatHasPassed) {
  EchoService service;
  const Server server(service);
  for (const absl::Time past : {absl::InfinitePast(), absl::Now() - absl::Seconds(1)}) {
    const absl::Status status =
        CallOnce({"Echo.Say", server.address(), past},
                 [&](grpc::ClientContext& context) { return Say(server.address(), context); });
    EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  }
}

TEST(CallOnce, CancelsARunningCallWhenAStopIsRequested) {
  EchoService service;
  const Server server(service);
  absl::Status status;
  base::WorkerThread caller("caller", [&](std::stop_token stop) {
    status =
        CallOnce({"Echo.Hold", server.address(), Late(), stop}, [&](grpc::ClientContext& context) {
          test::Text response;
          return test::Echo::NewStub(CreateChannel(server.address()))
              ->Hold(&context, test::Text(), &response);
        });
  });
  ASSERT_TRUE(service.WaitForHolding(1));
  caller.RequestStop();
  caller.Join();
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
  EXPECT_THAT(std::string(status.message()), HasSubstr("stopped by its caller"));
  EXPECT_TRUE(service.WaitForCancelled(1));
}

TEST(CallOnce, CancelsAStreamWhenAStopIsRequested) {
  EchoService service;
  const Server server(service);
  std::stop_source source;
  const absl::Status status =
      CallOnce({"Echo.Repeat", server.address(), Late(), source.get_token()},
               [&](grpc::ClientContext& context) {
                 const auto stub = test::Echo::NewStub(CreateChannel(server.address()));
                 test::Text request;
                 request.set_text("again");
                 const auto reader = stub->Repeat(&context, request);
                 test::Text text;
                 for (int received = 0; reader->Read(&text); ++received) {
                   EXPECT_EQ(text.text(), "again");
                   if (received == 10) source.request_stop();
                 }
                 return reader->Finish();
               });
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
}

TEST(CallWithRetry, TriesAgainWhileThePeerIsUnavailable) {
  std::atomic<int> calls = 0;
  EchoService service([&](const test::Text&, test::Text&) {
    return ++calls < 4 ? ToGrpc(absl::UnavailableError("starting")) : grpc::Status::OK;
  });
  const Server server(service);
  const absl::Status status =
      CallWithRetry({"Echo.Say", server.address(), Late()}, kQuick,
                    [&](grpc::ClientContext& context) { return Say(server.address(), context); });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(calls, 4);
}

TEST(CallWithRetry, ReturnsEveryOtherErrorAtOnce) {
  for (int code = 1; code <= 16; ++code) {
    if (code == static_cast<int>(absl::StatusCode::kUnavailable)) continue;
    int calls = 0;
    const absl::Status status =
        CallWithRetry({"Echo.Say", "peer", Late()}, kQuick, [&](grpc::ClientContext&) {
          ++calls;
          return grpc::Status(static_cast<grpc::StatusCode>(code), "no");
        });
    EXPECT_EQ(static_cast<int>(status.code()), code);
    EXPECT_EQ(status.message(), "Echo.Say at peer: no");
    EXPECT_EQ(calls, 1);
  }
}

TEST(CallWithRetry, FindsAServerThatStartsAfterTheFirstAttempts) {
  const std::string address = AddressOfNobody();
  EchoService service;
  std::unique_ptr<Server> server;
  int attempts = 0;
  const absl::Status status =
      CallWithRetry({"Echo.Say", address, Late()}, kQuick, [&](grpc::ClientContext& context) {
        if (++attempts == 3) server = std::make_unique<Server>(service, address);
        return Say(address, context);
      });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_GE(attempts, 3);
}

TEST(CallWithRetry, FindsARestartedServerWithinSeconds) {
  EchoService service;
  auto server = std::make_unique<Server>(service);
  const std::string address = server->address();
  const auto channel = CreateChannel(address);
  const auto say = [&](grpc::ClientContext& context) {
    test::Text response;
    return test::Echo::NewStub(channel)->Say(&context, test::Text(), &response);
  };
  ASSERT_TRUE(CallOnce({"Echo.Say", address, Late()}, say).ok());
  server.reset();
  // Long enough away for the channel's own pauses to grow.
  EXPECT_TRUE(absl::IsUnavailable(
      CallWithRetry({"Echo.Say", address, absl::Now() + absl::Milliseconds(800)}, kQuick, say)));
  server = std::make_unique<Server>(service, address);
  const absl::Time start = absl::Now();
  ASSERT_TRUE(CallWithRetry({"Echo.Say", address, Late()}, kQuick, say).ok());
  // One second by the channel's settings; the rest is for a loaded machine.
  EXPECT_LT(absl::Now() - start, absl::Seconds(5));
}

TEST(CallWithRetry, GivesUpAtItsDeadlineAndSaysHowOftenItTried) {
  const absl::Time deadline = absl::Now() + absl::Milliseconds(30);
  int calls = 0;
  const absl::Status status =
      CallWithRetry({"Echo.Say", "peer", deadline}, kQuick, [&](grpc::ClientContext&) {
        ++calls;
        return grpc::Status(grpc::StatusCode::UNAVAILABLE, "connection refused");
      });
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(
      std::string(status.message()),
      StartsWith(absl::StrCat("Echo.Say at peer: not available after ", calls, " attempts")));
  EXPECT_THAT(std::string(status.message()), HasSubstr("connection refused"));
  EXPECT_GT(calls, 1);
}

TEST(CallWithRetry, EndsItsPauseWhenAStopIsRequested) {
  const RetryPolicy patient = {.initial_backoff = absl::Seconds(50),
                               .maximum_backoff = absl::Seconds(50)};
  int calls = 0;
  const absl::Time start = absl::Now();
  absl::Status status;
  {
    base::WorkerThread caller("caller", [&](std::stop_token stop) {
      status =
          CallWithRetry({"Echo.Say", "peer", Late(), stop}, patient, [&](grpc::ClientContext&) {
            ++calls;
            return grpc::Status(grpc::StatusCode::UNAVAILABLE, "away");
          });
    });
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
  EXPECT_LE(calls, 1);
  EXPECT_LT(absl::Now() - start, absl::Seconds(20));
}

TEST(CreateChannel, GoesPastTheProxyOfTheEnvironment) {
  ASSERT_EQ(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
  EchoService service;
  const Server server(service);
  const absl::Status status =
      CallOnce({"Echo.Say", server.address(), Late()}, [&](grpc::ClientContext& context) {
        const auto channel = CreateChannel(server.address(), {.own_connection = true});
        test::Text response;
        return test::Echo::NewStub(channel)->Say(&context, test::Text(), &response);
      });
  unsetenv("http_proxy");
  EXPECT_TRUE(status.ok()) << status;
}

}  // namespace
}  // namespace gyre::rpc
