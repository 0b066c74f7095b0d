#include "rpc/grpc_library.h"

#include <grpc/grpc.h>
#include <stdlib.h>

namespace gyre::rpc {

void KeepGrpcInitialised() {
  // In an expression that runs once, however many threads come here at once.
  [[maybe_unused]] static const bool initialised = [] {
    // A channel's attempt to connect moves on only while a call waits on the channel, or by a poll
    // in the background, every 5 s unless told otherwise. Calls to a peer that is away fail at once
    // and wait for nothing, so without this a peer that came back would be found after 5 s or more.
    setenv("GRPC_CLIENT_CHANNEL_BACKUP_POLL_INTERVAL_MS", "100", /*overwrite=*/0);
    // It counts; the grpc_shutdown that would count it down never comes.
    grpc_init();
    return true;
  }();
}

}  // namespace gyre::rpc
