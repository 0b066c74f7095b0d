#include "learner/step_feed.h"

#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"

namespace gyre::learner {
namespace {

constexpr absl::Duration kLongPoll = absl::Seconds(10);

}  // namespace

StepFeed::StepFeed(CoordinatorSession& session, rpc::WaitBoard& waits, std::stop_token stop)
    : session_(session),
      waits_(waits),
      stop_(std::move(stop)),
      thread_("step feed", [this](std::stop_token) { Run(); }) {}

StepFeed::~StepFeed() {
  abandon_.request_stop();
  tasks_.Close();
}

void StepFeed::Ask(int64_t version) { Commit(std::nullopt, version, false); }

void StepFeed::Commit(std::optional<CommitStepRequest> commit, int64_t version, bool foreseen) {
  foreseen_ = foreseen ? std::optional(version) : std::nullopt;
  const absl::Status status = tasks_.TryPush(Task{std::move(commit), version, foreseen});
  GYRE_CHECK(status.ok(), "each Ask or Commit is followed by an Await");
}

absl::StatusOr<NextStepReply> StepFeed::Await() {
  // Each call that Perform makes ends by itself, so an answer comes.
  // Otherwise the wait has been on the board since Perform began.
  std::optional<rpc::NamedWait> wait;
  if (foreseen_.has_value()) {
    wait.emplace(waits_, "commit", absl::StrCat("the commit of version ", *foreseen_));
  }
  absl::StatusOr<absl::StatusOr<NextStepReply>> answer = answers_.Pop(absl::InfiniteFuture());
  if (!answer.ok()) return answer.status();
  return *std::move(answer);
}

void StepFeed::Run() {
  while (true) {
    absl::StatusOr<Task> task = tasks_.Pop(absl::InfiniteFuture());  // until the destructor
    if (!task.ok()) return;
    if (!answers_.TryPush(Perform(*std::move(task))).ok()) return;
  }
}

absl::StatusOr<NextStepReply> StepFeed::Perform(Task task) {
  // While the trainer goes on with a step that it foresees, nobody waits for this.
  std::optional<rpc::NamedWait> wait;
  if (!task.foreseen)
    wait.emplace(waits_, "step", absl::StrCat("what follows version ", task.version));
  if (task.commit.has_value()) {
    GYRE_RETURN_IF_ERROR(session_.CommitStep(*std::move(task.commit), abandon_.get_token()));
  }
  std::stop_source stop;
  const std::stop_callback abandoned(abandon_.get_token(), [&stop] { stop.request_stop(); });
  std::optional<std::stop_callback<std::function<void()>>> stopped;
  if (!task.foreseen) stopped.emplace(stop_, [&stop] { stop.request_stop(); });
  while (true) {
    GYRE_ASSIGN_OR_RETURN(NextStepReply reply,
                          session_.NextStep(task.version, kLongPoll, stop.get_token()));
    if (!reply.wait()) return reply;
    if (stop_.stop_requested()) return absl::CancelledError("stopped while waiting for a step");
    if (wait.has_value() && !reply.waiting_for().empty()) wait->Rename(reply.waiting_for());
  }
}

}  // namespace gyre::learner
