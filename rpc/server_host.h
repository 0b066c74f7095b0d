#pragma once

#include <grpcpp/server.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "rpc/credentials.h"

namespace grpc {
class Service;
}  // namespace grpc

namespace gyre::rpc {

// A gRPC server around plain synchronous services, with the standard health service
// (grpc.health.v1). Handlers run on gRPC's threads, at most max_threads of them; a call beyond that
// ends at once with RESOURCE_EXHAUSTED. A handler that waits looks at ServerContext::IsCancelled or
// a bounded queue, so that Stop can end it.
//
// For one owning thread. Services outlive the host. Order: AddService..., Start, then Drain
// (optional) and Stop.
class ServerHost {
 public:
  struct Options {
    // Includes two or so that poll; at least 4. A stream or a long poll holds a thread as long as
    // it is open.
    int max_threads = 64;
    Credentials credentials = ProcessCredentials();
  };

  ServerHost() : ServerHost(Options()) {}
  explicit ServerHost(Options options);
  // Stop(now).
  ~ServerHost();
  ServerHost(const ServerHost&) = delete;
  ServerHost& operator=(const ServerHost&) = delete;

  // Before Start, at least one.
  void AddService(grpc::Service& service);

  // Listens on "HOST:PORT" and returns the port; port 0 lets the system choose. Does not block.
  // Errors name the address: INVALID_ARGUMENT for what is no address, FAILED_PRECONDITION for one
  // that other machines reach when there are no credentials, ALREADY_EXISTS for a port that is
  // taken, the system's reason otherwise. After an error Start may be called again.
  absl::StatusOr<int> Start(const std::string& address);

  // The health service answers NOT_SERVING from here on, running and new calls go on. For the pause
  // between "send me no more" and Stop.
  void Drain();

  // Refuses new calls, lets running ones go on until `deadline` (real time), then cancels them, and
  // blocks until all handlers have returned. May be called more than once and without Start.
  void Stop(absl::Time deadline);

 private:
  const Options options_;
  std::vector<grpc::Service*> services_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace gyre::rpc
