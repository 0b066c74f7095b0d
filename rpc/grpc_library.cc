#include "rpc/grpc_library.h"

#include <grpc/grpc.h>

namespace gyre::rpc {

// grpc_init counts; the grpc_shutdown that would count it down never comes.
void KeepGrpcInitialised() { grpc_init(); }

}  // namespace gyre::rpc
