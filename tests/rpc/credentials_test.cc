#include "rpc/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gyre::rpc {
namespace {

TEST(CheckLoopback, AcceptsAddressesOfThisMachineOnly) {
  for (const char* address :
       {"127.0.0.1:0", "127.8.9.10:4000", "localhost:80", "[::1]:80", "unix:/tmp/socket"}) {
    EXPECT_TRUE(CheckLoopback(address).ok()) << address;
  }
  for (const char* address :
       {"0.0.0.0:0", "[::]:80", "10.0.0.1:80", "128.0.0.1:80", ":80", "", "example.org:80",
        "localhost.example.org:80", "127.0.0.1.example.org:80"}) {
    const absl::Status status = CheckLoopback(address);
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << address;
    EXPECT_THAT(std::string(status.message()), testing::HasSubstr(address));
  }
}

TEST(ProcessCredentials, AreInsecureAndSaySo) {
  const Credentials credentials = ProcessCredentials();
  EXPECT_TRUE(credentials.is_insecure);
  EXPECT_NE(credentials.server, nullptr);
  EXPECT_NE(credentials.client, nullptr);
}

}  // namespace
}  // namespace gyre::rpc
