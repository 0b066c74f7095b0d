#include "rpc/server_host.h"

#include <grpcpp/ext/health_check_service_server_builder_option.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/server_builder.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "rpc/connection_settings.h"
#include "rpc/deadline.h"
#include "rpc/grpc_library.h"

namespace gyre::rpc {
namespace {

absl::Status ListenError(const std::string& address, int error_number) {
  if (error_number == EADDRINUSE) {
    return absl::AlreadyExistsError(absl::StrCat(
        "cannot listen on ", address, ": another process listens there; end it or choose another"));
  }
  return absl::ErrnoToStatus(error_number, absl::StrCat("cannot listen on ", address));
}

// gRPC would take port 443 for none, and a port over 65535 modulo 65536.
absl::Status CheckPort(const std::string& address) {
  if (absl::StartsWith(address, "unix:")) return absl::OkStatus();
  const std::size_t colon = address.rfind(':');
  int port = -1;
  if (colon == std::string::npos || !absl::SimpleAtoi(address.substr(colon + 1), &port) ||
      port < 0 || port > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot listen on ", address, ": it is not HOST:PORT"));
  }
  return absl::OkStatus();
}

// gRPC only logs why it cannot listen, so the reason is found by trying the same.
absl::Status WhyNotListening(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  const std::string bracketed = address.substr(0, colon);
  const std::string host(absl::StripPrefix(absl::StripSuffix(bracketed, "]"), "["));
  const std::string port = colon == std::string::npos ? "" : address.substr(colon + 1);
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | AI_PASSIVE;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot listen on ", address, ": ", gai_strerror(error)));
  }
  const absl::Cleanup free_found = [found] { freeaddrinfo(found); };
  const int probe = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return ListenError(address, errno);
  const absl::Cleanup close_probe = [probe] { close(probe); };
  const int reuse = 1;
  setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse));
  if (bind(probe, found->ai_addr, found->ai_addrlen) != 0 || listen(probe, 1) != 0) {
    return ListenError(address, errno);
  }
  return absl::UnavailableError(absl::StrCat("cannot listen on ", address));
}

}  // namespace

ServerHost::ServerHost(Options options) : options_(std::move(options)) {
  KeepGrpcInitialised();
  GYRE_CHECK(options_.max_threads >= 4, "a server has at least four threads");
}

ServerHost::~ServerHost() { Stop(absl::Now()); }

void ServerHost::AddService(grpc::Service& service) {
  GYRE_CHECK(server_ == nullptr, "services are added before the server starts");
  services_.push_back(&service);
}

absl::StatusOr<int> ServerHost::Start(const std::string& address) {
  GYRE_CHECK(server_ == nullptr, "a server starts once");
  GYRE_CHECK(!services_.empty(), "a server has a service");
  GYRE_RETURN_IF_ERROR(CheckPort(address));
  if (options_.credentials.is_insecure) GYRE_RETURN_IF_ERROR(CheckLoopback(address));
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  ApplyConnectionSettings(builder);
  // Otherwise a second server on the same port would silently take half of the connections.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetResourceQuota(grpc::ResourceQuota().SetMaxThreads(options_.max_threads));
  for (grpc::Service* service : services_) builder.RegisterService(service);
  int port = 0;
  builder.AddListeningPort(address, options_.credentials.server, &port);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) return WhyNotListening(address);
  return port;
}

void ServerHost::Drain() {
  if (server_ != nullptr) server_->GetHealthCheckService()->SetServingStatus(false);
}

void ServerHost::Stop(absl::Time deadline) {
  if (server_ == nullptr) return;
  server_->Shutdown(ToGrpcDeadline(deadline));
  server_->Wait();
  server_.reset();
}

}  // namespace gyre::rpc
