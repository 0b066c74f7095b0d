#pragma once

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <string>

#include "absl/status/status.h"

namespace gyre::rpc {

// What both sides of a connection authenticate with.
struct Credentials {
  std::shared_ptr<grpc::ServerCredentials> server;
  std::shared_ptr<grpc::ChannelCredentials> client;
  // Plaintext without authentication: a server with it listens on loopback only.
  bool is_insecure = true;
};

// The one place where credentials come from. Today they are insecure, and so every process stays on
// its own machine.
Credentials ProcessCredentials();

// OK when only this machine can reach `address` ("127.0.0.1:0", "[::1]:80", "localhost:80",
// "unix:PATH"); otherwise FAILED_PRECONDITION, which says so.
absl::Status CheckLoopback(const std::string& address);

}  // namespace gyre::rpc
