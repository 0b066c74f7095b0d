#include "rpc/channel.h"

#include <grpcpp/create_channel.h>

#include "rpc/connection_settings.h"
#include "rpc/grpc_library.h"

namespace gyre::rpc {

std::shared_ptr<grpc::Channel> CreateChannel(const std::string& address,
                                             const ChannelOptions& options) {
  KeepGrpcInitialised();
  grpc::ChannelArguments arguments;
  ApplyConnectionSettings(arguments);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  // In spite of its name, how long one attempt to connect may take: a hung peer still accepts
  // connections.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5000);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, options.own_connection ? 1 : 0);
  return grpc::CreateCustomChannel(address, options.credentials.client, arguments);
}

}  // namespace gyre::rpc
