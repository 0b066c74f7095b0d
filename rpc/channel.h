#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <string>

#include "rpc/credentials.h"

namespace gyre::rpc {

struct ChannelOptions {
  Credentials credentials = ProcessCredentials();
  // A connection that no other channel of this process shares, for bulk streams.
  bool own_connection = false;
};

// A channel to the server at "HOST:PORT". Does not block; connects at the first call, and again
// whenever the connection is lost, with pauses from 100 ms to 1 s, so that a server that restarts
// on its port is found soon. Channels are thread-safe. Proxy variables of the environment have no
// effect.
std::shared_ptr<grpc::Channel> CreateChannel(const std::string& address,
                                             const ChannelOptions& options = {});

}  // namespace gyre::rpc
