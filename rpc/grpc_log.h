#pragma once

namespace gyre::rpc {

// Sends gRPC's own log lines (errors only, unless GRPC_VERBOSITY says otherwise) to spdlog at debug
// level instead of standard error: what matters in them comes back as a Status. For main, after
// InitLogging and before the first channel or server.
void SendGrpcLogToSpdlog();

}  // namespace gyre::rpc
