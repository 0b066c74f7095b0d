#include "cli/run/free_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>

#include "absl/strings/str_cat.h"

namespace gyre::cli {
namespace {

// Below Linux's default range for outgoing connections (32768–60999), above the well-known ports.
constexpr int kFirstPort = 20000;
constexpr int kLastPort = 32000;

}  // namespace

absl::Status CheckPortFree(int port) {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) {
    return absl::UnavailableError(absl::StrCat("cannot make a socket: ", std::strerror(errno)));
  }
  const int yes = 1;  // as a server does: the closing connections of a former one do not count
  setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  const bool is_free =
      bind(probe, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
      listen(probe, 1) == 0;
  const int error = errno;
  close(probe);
  if (is_free) return absl::OkStatus();
  return absl::UnavailableError(error == EADDRINUSE
                                    ? absl::StrCat("port ", port, " is taken")
                                    : absl::StrCat("port ", port, ": ", std::strerror(error)));
}

absl::StatusOr<std::vector<int>> FindFreePorts(int count, int besides) {
  std::mt19937 random{std::random_device{}()};
  std::uniform_int_distribution<int> ports(kFirstPort, kLastPort);
  std::vector<int> found;
  absl::Status status;
  for (int tries = 0; tries < 100 * count && static_cast<int>(found.size()) < count; ++tries) {
    const int port = ports(random);
    if (port == besides || std::find(found.begin(), found.end(), port) != found.end()) continue;
    status = CheckPortFree(port);
    if (status.ok()) found.push_back(port);
  }
  if (static_cast<int>(found.size()) == count) return found;
  return absl::UnavailableError(absl::StrCat("found no free port from ", kFirstPort, " to ",
                                             kLastPort, ": ", status.message()));
}

}  // namespace gyre::cli
