#include "rewarder/score_service.h"

#include <set>
#include <string>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "rpc/status_codec.h"

namespace gyre::rewarder {
namespace {

absl::Status CheckRequest(const ScoreRequest& request) {
  if (request.problem().id().empty()) return absl::InvalidArgumentError("the problem has no id");
  if (request.components().empty()) return absl::InvalidArgumentError("no components");
  if (request.responses().empty()) return absl::InvalidArgumentError("no responses");
  std::set<uint32_t> indices;
  for (const ScoreRequest::Response& response : request.responses()) {
    if (!indices.insert(response.index()).second) {
      return absl::InvalidArgumentError(absl::StrCat("response ", response.index(), " is doubled"));
    }
    if (response.finish_reason() != STOP && response.finish_reason() != LENGTH) {
      return absl::InvalidArgumentError(
          absl::StrCat("response ", response.index(), " has no finish reason"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

ScoreService::ScoreService(const RuleSet& rules, int max_calls, prometheus::Registry& registry)
    : rules_(rules),
      max_calls_(max_calls),
      score_seconds_(prometheus::BuildHistogram()
                         .Name("gyre_score_seconds")
                         .Help("Time to judge the responses of one Score call, in seconds")
                         .Register(registry)
                         .Add({}, prometheus::Histogram::BucketBoundaries{1e-5, 1e-4, 1e-3, 1e-2,
                                                                          0.1, 1, 10, 60})),
      outcomes_total_(prometheus::BuildCounter()
                          .Name("gyre_outcomes_total")
                          .Help("Component outcomes given, by component and kind: value, or the "
                                "kind of error")
                          .Register(registry)) {}

grpc::Status ScoreService::Score(grpc::ServerContext* context, const ScoreRequest* request,
                                 ScoreReply* reply) {
  const absl::Cleanup leave = [this] { calls_.fetch_sub(1); };
  if (calls_.fetch_add(1) >= max_calls_) {
    return rpc::ToGrpc(absl::ResourceExhaustedError(
        absl::StrCat("this rewarder judges ", max_calls_, " calls at once; try another")));
  }
  const absl::Time start = absl::Now();
  const absl::Status status = CheckRequest(*request);
  if (!status.ok()) return rpc::ToGrpc(status);
  for (const ScoreRequest::Response& response : request->responses()) {
    if (context->IsCancelled()) return rpc::ToGrpc(absl::CancelledError("the caller left"));
    ScoreReply::Scored& scored = *reply->add_scored();
    scored.set_index(response.index());
    *scored.mutable_outcome() =
        rules_.Score(request->problem(),
                     {.text = response.text(),
                      .finish_reason = response.finish_reason(),
                      .end_mark = EndMarkOf(response.text(), request->end_marks()),
                      .thought_is_open = request->thought_is_open()},
                     request->components());
    Count(scored.outcome());
  }
  score_seconds_.Observe(absl::ToDoubleSeconds(absl::Now() - start));
  return grpc::Status::OK;
}

void ScoreService::Count(const Outcome& outcome) {
  for (const ComponentOutcome& component : outcome.components()) {
    const bool is_error = component.result_case() == ComponentOutcome::kError;
    // An unknown component comes from the caller, so its name must not become a label.
    const bool is_known = !is_error || component.error() != SCORE_ERROR_UNSUPPORTED;
    outcomes_total_
        .Add({{"component", is_known ? component.component() : "unknown"},
              {"kind", is_error ? ScoreErrorKind_Name(component.error()) : "value"}})
        .Increment();
  }
}

}  // namespace gyre::rewarder
