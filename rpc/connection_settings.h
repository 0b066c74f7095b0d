#pragma once

#include <grpcpp/server_builder.h>
#include <grpcpp/support/channel_arguments.h>

namespace gyre::rpc {

// The largest message either side takes. Bulk data is streamed in messages of at most 1 MiB; this
// bounds a sample's text, a spec and a share of a step.
inline constexpr int kMaxMessageBytes = 64 << 20;

// What both sides of a connection must agree on: message sizes, and pings by which a peer that
// hangs or is cut off is noticed in 30 s.
void ApplyConnectionSettings(grpc::ServerBuilder& builder);
void ApplyConnectionSettings(grpc::ChannelArguments& arguments);

}  // namespace gyre::rpc
