#include "cli/run/status_poller.h"

#include <utility>

#include "absl/time/clock.h"
#include "base/wait_for_stop.h"
#include "rpc/call.h"
#include "rpc/channel.h"

namespace gyre::cli {
namespace {

constexpr absl::Duration kInterval = absl::Seconds(1);
constexpr absl::Duration kFirstInterval = absl::Milliseconds(100);  // until it answers
constexpr absl::Duration kDeadline = absl::Seconds(2);

absl::StatusOr<GetStatusReply> Ask(Coordinator::Stub& stub, const std::string& address,
                                   uint32_t metrics_after_line, absl::Time deadline,
                                   std::stop_token stop) {
  GetStatusRequest request;
  request.set_metrics_after_line(metrics_after_line);
  GetStatusReply reply;
  const absl::Status status = rpc::CallOnce(
      {"Coordinator.GetStatus", address, deadline, stop},
      [&](grpc::ClientContext& context) { return stub.GetStatus(&context, request, &reply); });
  if (!status.ok()) return status;
  return reply;
}

}  // namespace

absl::StatusOr<GetStatusReply> FetchStatus(const std::string& address, uint32_t metrics_after_line,
                                           absl::Time deadline) {
  const auto stub = Coordinator::NewStub(rpc::CreateChannel(address));
  return Ask(*stub, address, metrics_after_line, deadline, {});
}

StatusPoller::StatusPoller(std::string address)
    : address_(std::move(address)),
      last_answer_(absl::Now()),
      thread_("status", [this](std::stop_token stop) { Run(stop); }) {}

std::optional<GetStatusReply> StatusPoller::Latest() const {
  base::MutexLock lock(mutex_);
  return latest_;
}

std::vector<StepMetrics> StatusPoller::TakeMetrics() {
  base::MutexLock lock(mutex_);
  return std::exchange(metrics_, {});
}

absl::Duration StatusPoller::silence() const {
  base::MutexLock lock(mutex_);
  const absl::Duration silence = absl::Now() - last_answer_;
  return silence > kInterval + kDeadline ? silence : absl::ZeroDuration();
}

void StatusPoller::Run(std::stop_token stop) {
  const auto stub = Coordinator::NewStub(rpc::CreateChannel(address_));
  uint32_t lines = 0;
  bool answered = false;
  do {
    absl::StatusOr<GetStatusReply> reply =
        Ask(*stub, address_, lines, absl::Now() + kDeadline, stop);
    answered = reply.ok();
    if (!reply.ok()) continue;
    base::MutexLock lock(mutex_);
    last_answer_ = absl::Now();
    // The reply has the newest lines past `lines`, at most 100: older ones are skipped.
    if (reply->metrics_lines() > lines) {
      for (StepMetrics& line : *reply->mutable_recent_metrics()) {
        metrics_.push_back(std::move(line));
      }
    }
    lines = reply->metrics_lines();
    reply->clear_recent_metrics();
    latest_ = *std::move(reply);
  } while (!base::WaitForStop(stop, absl::Now() + (answered ? kInterval : kFirstInterval)));
}

}  // namespace gyre::cli
