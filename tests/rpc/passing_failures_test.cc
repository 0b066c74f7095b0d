// Which failed calls may be repeated later: IsPassing and IsTooLarge.
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "base/worker_thread.h"
#include "rpc/call.h"
#include "rpc/channel.h"
#include "rpc/connection_settings.h"
#include "rpc/server_host.h"
#include "rpc/status_codec.h"
#include "tests/rpc/echo_service.h"

namespace gyre::rpc {
namespace {

TEST(PassingFailures, AreThoseInWhichThePeerSaidNothingOfItsOwn) {
  EXPECT_TRUE(IsPassing(absl::UnavailableError("connection refused")));
  EXPECT_TRUE(IsPassing(absl::DeadlineExceededError("")));
  EXPECT_TRUE(IsPassing(absl::CancelledError("")));
  EXPECT_TRUE(IsPassing(absl::ResourceExhaustedError("too many threads")));
  EXPECT_TRUE(IsPassing(absl::UnknownError("Coordinator.Join at 1.2.3.4:5: Stream removed")));
  EXPECT_TRUE(IsPassing(absl::InternalError("Received RST_STREAM with error code 2")));
}

TEST(PassingFailures, AreNotAnswers) {
  EXPECT_FALSE(IsPassing(absl::OkStatus()));
  EXPECT_FALSE(IsPassing(absl::UnknownError("the handler threw")));
  EXPECT_FALSE(IsPassing(absl::InternalError("a bug")));
  EXPECT_FALSE(IsPassing(absl::FailedPreconditionError("join again")));
  EXPECT_FALSE(IsPassing(absl::PermissionDeniedError("wrong run token")));
  EXPECT_FALSE(IsPassing(absl::InvalidArgumentError("")));
  EXPECT_FALSE(IsPassing(absl::AlreadyExistsError("")));
  EXPECT_FALSE(IsPassing(absl::AbortedError("")));
}

class PassingFailuresOfAServer : public testing::Test {
 protected:
  PassingFailuresOfAServer() {
    host_.AddService(service_);
    const auto port = host_.Start("127.0.0.1:0");
    EXPECT_TRUE(port.ok()) << port.status();
    address_ = absl::StrCat("127.0.0.1:", port.value_or(0));
    stub_ = test::Echo::NewStub(CreateChannel(address_));
  }
  absl::Status Say(const std::string& text) {
    test::Text request;
    request.set_text(text);
    test::Text response;
    return CallOnce(
        {"Echo.Say", address_, absl::Now() + absl::Minutes(1)},
        [&](grpc::ClientContext& context) { return stub_->Say(&context, request, &response); });
  }

  EchoService service_;
  ServerHost host_;
  std::string address_;
  std::unique_ptr<test::Echo::Stub> stub_;
};

TEST_F(PassingFailuresOfAServer, IncludeCallsThatItCancelsAsItStops) {
  absl::Status status;
  base::WorkerThread caller("caller", [&](std::stop_token) {
    test::Text response;
    status = CallOnce({"Echo.Hold", address_, absl::Now() + absl::Minutes(1)},
                      [&](grpc::ClientContext& context) {
                        return stub_->Hold(&context, test::Text(), &response);
                      });
  });
  ASSERT_TRUE(service_.WaitForHolding(1));
  host_.Stop(absl::Now());
  caller.Join();
  EXPECT_TRUE(IsPassing(status)) << status;
}

TEST_F(PassingFailuresOfAServer, DoNotIncludeMessagesThatNoPeerTakes) {
  EXPECT_TRUE(Say("short").ok());
  const absl::Status status = Say(std::string(kMaxMessageBytes + 1, 'x'));
  EXPECT_TRUE(IsTooLarge(status)) << status;
  EXPECT_FALSE(IsPassing(status));
  EXPECT_FALSE(IsTooLarge(absl::ResourceExhaustedError("too many threads")));
}

}  // namespace
}  // namespace gyre::rpc
