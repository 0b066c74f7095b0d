#include "rpc/metrics_endpoint.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/counter.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace gyre::rpc {
namespace {

using testing::HasSubstr;

// The whole answer to GET /metrics, head and body; empty when nobody listens.
std::string Scrape(int port) {
  const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
    const std::string request = "GET /metrics HTTP/1.0\r\n\r\n";
    EXPECT_EQ(write(connection, request.data(), request.size()),
              static_cast<ssize_t>(request.size()));
    char buffer[4096];
    ssize_t size;
    while ((size = read(connection, buffer, sizeof(buffer))) > 0) answer.append(buffer, size);
  }
  close(connection);
  return answer;
}

TEST(MetricsEndpoint, ServesTheRegistryAsItStands) {
  auto registry = std::make_shared<prometheus::Registry>();
  prometheus::Counter& steps = prometheus::BuildCounter()
                                   .Name("gyre_steps_total")
                                   .Help("Steps committed.")
                                   .Register(*registry)
                                   .Add({});
  auto endpoint = MetricsEndpoint::Start(0, registry);
  ASSERT_TRUE(endpoint.ok()) << endpoint.status();
  ASSERT_GT((*endpoint)->port(), 0);
  steps.Increment(3);
  const std::string answer = Scrape((*endpoint)->port());
  EXPECT_THAT(answer, HasSubstr("200 OK"));
  EXPECT_THAT(answer, HasSubstr("# HELP gyre_steps_total Steps committed.\n"));
  EXPECT_THAT(answer, HasSubstr("\ngyre_steps_total 3\n"));
  steps.Increment();
  EXPECT_THAT(Scrape((*endpoint)->port()), HasSubstr("\ngyre_steps_total 4\n"));
}

TEST(MetricsEndpoint, NamesAPortThatIsTaken) {
  auto registry = std::make_shared<prometheus::Registry>();
  auto first = MetricsEndpoint::Start(0, registry);
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = MetricsEndpoint::Start((*first)->port(), registry);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr(absl::StrCat("127.0.0.1:", (*first)->port())));
}

TEST(MetricsEndpoint, LeavesItsPortWhenItIsDestroyed) {
  auto registry = std::make_shared<prometheus::Registry>();
  auto first = MetricsEndpoint::Start(0, registry);
  ASSERT_TRUE(first.ok()) << first.status();
  const int port = (*first)->port();
  EXPECT_NE(Scrape(port), "");
  first->reset();
  EXPECT_EQ(Scrape(port), "");
  EXPECT_TRUE(MetricsEndpoint::Start(port, registry).ok());
}

}  // namespace
}  // namespace gyre::rpc
