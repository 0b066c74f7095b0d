#include "rpc/grpc_log.h"

#include <gmock/gmock.h>
#include <grpc/support/log.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <sstream>

namespace gyre::rpc {
namespace {

TEST(GrpcLog, BecomesDebugLinesOfOurLog) {
  const std::shared_ptr<spdlog::logger> before = spdlog::default_logger();
  std::ostringstream lines;
  auto logger = std::make_shared<spdlog::logger>(
      "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(lines));
  logger->set_level(spdlog::level::debug);
  logger->set_pattern("%l %v");
  spdlog::set_default_logger(logger);
  SendGrpcLogToSpdlog();
  gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);
  gpr_log("server.cc", 7, GPR_LOG_SEVERITY_ERROR, "port %d is taken", 80);
  spdlog::set_default_logger(before);
  EXPECT_THAT(lines.str(), testing::HasSubstr("debug grpc server.cc:7: port 80 is taken"));
}

}  // namespace
}  // namespace gyre::rpc
