#include "cli/run/status_poller.h"

#include <algorithm>
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

// How many lines of metrics are known after a reply to a request for those past `asked_after`. It
// has some of them, oldest first; line n is of the step that made version n.
uint32_t KnownLines(const GetStatusReply& reply, uint32_t asked_after) {
  if (reply.metrics_lines() <= asked_after || reply.recent_metrics().empty()) {
    return reply.metrics_lines();
  }
  const StepMetrics& newest = *reply.recent_metrics().rbegin();
  return std::clamp(static_cast<uint32_t>(newest.version()), asked_after + 1,
                    reply.metrics_lines());
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

std::optional<StatusPoller::News> StatusPoller::Take() {
  base::MutexLock lock(mutex_);
  return std::exchange(news_, std::nullopt);
}

absl::Duration StatusPoller::silence() const {
  base::MutexLock lock(mutex_);
  const absl::Duration silence = absl::Now() - last_answer_;
  return silence > kInterval + kDeadline ? silence : absl::ZeroDuration();
}

void StatusPoller::Run(std::stop_token stop) {
  const auto stub = Coordinator::NewStub(rpc::CreateChannel(address_));
  uint32_t lines = 0;
  absl::Duration pause;
  do {
    absl::StatusOr<GetStatusReply> reply =
        Ask(*stub, address_, lines, absl::Now() + kDeadline, stop);
    pause = reply.ok() ? kInterval : kFirstInterval;
    if (!reply.ok()) continue;
    lines = KnownLines(*reply, lines);
    if (lines < reply->metrics_lines()) pause = absl::ZeroDuration();  // there are more
    Add(*std::move(reply));
  } while (!base::WaitForStop(stop, absl::Now() + pause));
}

void StatusPoller::Add(GetStatusReply status) {
  base::MutexLock lock(mutex_);
  last_answer_ = absl::Now();
  if (!news_) news_.emplace();
  for (StepMetrics& line : *status.mutable_recent_metrics()) {
    news_->metrics.push_back(std::move(line));
  }
  status.clear_recent_metrics();
  news_->status = std::move(status);
}

}  // namespace gyre::cli
