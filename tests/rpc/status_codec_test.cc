#include "rpc/status_codec.h"

#include <gtest/gtest.h>

#include <string>

namespace gyre::rpc {
namespace {

TEST(StatusCodec, KeepsEveryCodeAndMessageBothWays) {
  for (int code = 1; code <= 16; ++code) {
    const absl::Status status(static_cast<absl::StatusCode>(code), "why");
    const grpc::Status sent = ToGrpc(status);
    EXPECT_EQ(static_cast<int>(sent.error_code()), code);
    EXPECT_EQ(sent.error_message(), "why");
    EXPECT_EQ(FromGrpc(sent), status);
  }
  EXPECT_TRUE(ToGrpc(absl::OkStatus()).ok());
  EXPECT_TRUE(FromGrpc(grpc::Status::OK).ok());
}

TEST(StatusCodec, NamesTheSameCodesOnBothSides) {
  EXPECT_EQ(ToGrpc(absl::UnavailableError("")).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ToGrpc(absl::FailedPreconditionError("")).error_code(),
            grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ToGrpc(absl::ResourceExhaustedError("")).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
}

// A number that the enum can hold, but that names no code.
TEST(StatusCodec, MakesAnUnknownCodeUnknown) {
  constexpr int kBeyondTheLast = 20;
  EXPECT_EQ(FromGrpc(grpc::Status(static_cast<grpc::StatusCode>(kBeyondTheLast), "odd")),
            absl::UnknownError("odd"));
}

TEST(StatusCodec, CutsALongMessageBetweenCharacters) {
  std::string text(1999, 'a');
  for (int i = 0; i < 2000; ++i) text += "\u00e9";  // two bytes, the first of them the 2,000th
  EXPECT_EQ(ToGrpc(absl::InternalError(text)).error_message(),
            std::string(1999, 'a') + " ... (cut)");
}

}  // namespace
}  // namespace gyre::rpc
