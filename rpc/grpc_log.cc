#include "rpc/grpc_log.h"

#include <grpc/support/log.h>
#include <spdlog/spdlog.h>

namespace gyre::rpc {

void SendGrpcLogToSpdlog() {
  gpr_set_log_function([](gpr_log_func_args* arguments) {
    spdlog::debug("grpc {}:{}: {}", arguments->file, arguments->line, arguments->message);
  });
}

}  // namespace gyre::rpc
