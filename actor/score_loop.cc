#include "actor/score_loop.h"

#include <spdlog/spdlog.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/time/clock.h"

namespace gyre::actor {

void ScoreLoop::Run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    const auto task = groups_.TakeScoreTask(stop, absl::Now() + absl::Seconds(10));
    if (task.ok()) Score(*task, stop);
  }
}

void ScoreLoop::Score(const ScoreTask& task, std::stop_token stop) {
  ScoreRequest request;
  *request.mutable_problem() = task.problem;
  for (const std::string& component : task.components) request.add_components(component);
  for (const int32_t end : task.tokenizer->eos_ids()) {
    request.add_end_marks(task.tokenizer->Decode({&end, 1}));
  }
  const std::string prompt_end = task.tokenizer->Decode(task.prompt_end);
  request.set_thought_is_open(
      absl::EndsWith(absl::StripTrailingAsciiWhitespace(prompt_end), "<think>"));
  for (const ScoreTask::Response& response : task.responses) {
    ScoreRequest::Response& message = *request.add_responses();
    message.set_index(response.index);
    message.set_text(task.tokenizer->Decode(response.token_ids));
    message.set_finish_reason(response.finish_reason);
  }
  auto outcomes = rewarders_.Score(request, stop, task.unwanted);
  if (!outcomes.ok()) {
    if (absl::IsCancelled(outcomes.status())) return;
    spdlog::error("problem {} cannot be scored: {}", task.problem.id(),
                  std::string(outcomes.status().message()));
    groups_.Return(task.lease_id, outcomes.status());
    const absl::Status cancelled = engine_.Cancel(task.lease_id);
    if (!cancelled.ok()) spdlog::warn("{}", std::string(cancelled.message()));
    return;
  }
  std::vector<ScoredResponse> scored;
  for (size_t i = 0; i < outcomes->size(); ++i) {
    ScoreRequest::Response& response = *request.mutable_responses(static_cast<int>(i));
    scored.push_back({.index = response.index(),
                      .text = std::move(*response.mutable_text()),
                      .outcome = std::move((*outcomes)[i])});
  }
  groups_.AddOutcomes(task.lease_id, std::move(scored));
}

}  // namespace gyre::actor
