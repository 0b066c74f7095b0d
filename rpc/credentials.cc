#include "rpc/credentials.h"

#include <arpa/inet.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rpc/grpc_library.h"

namespace gyre::rpc {
namespace {

// The host of "HOST:PORT" or "[HOST]:PORT"; the whole text when there is no port.
std::string HostOf(const std::string& address) {
  if (absl::StartsWith(address, "[")) return address.substr(1, address.find(']') - 1);
  return address.substr(0, address.rfind(':'));
}

bool IsLoopbackHost(const std::string& host) {
  in_addr ipv4;
  if (inet_pton(AF_INET, host.c_str(), &ipv4) == 1) return ntohl(ipv4.s_addr) >> 24 == 127;
  in6_addr ipv6;
  if (inet_pton(AF_INET6, host.c_str(), &ipv6) == 1) return IN6_IS_ADDR_LOOPBACK(&ipv6);
  return host == "localhost";
}

}  // namespace

Credentials ProcessCredentials() {
  KeepGrpcInitialised();  // credentials are the first object of gRPC that a process makes
  return {.server = grpc::InsecureServerCredentials(),
          .client = grpc::InsecureChannelCredentials(),
          .is_insecure = true};
}

absl::Status CheckLoopback(const std::string& address) {
  if (absl::StartsWith(address, "unix:") || IsLoopbackHost(HostOf(address))) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat("refusing to listen on ", address,
                   " without credentials, because other machines could reach it; listen on "
                   "127.0.0.1 instead"));
}

}  // namespace gyre::rpc
