#include "data/open_source.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "data/countdown.h"
#include "data/countdown_problems.h"
#include "data/countdown_traces.h"
#include "data/file_sources.h"
#include "data/jsonl.h"

namespace gyre::data {
namespace {

constexpr char kTrain[] = "countdown:train";
constexpr char kHeldOut[] = "countdown:held_out";
constexpr char kTraces[] = "countdown:traces";

bool IsJsonl(const std::string& address) { return absl::EndsWith(address, ".jsonl"); }

}  // namespace

absl::StatusOr<std::unique_ptr<ProblemSource>> OpenProblems(const std::string& address,
                                                            uint64_t seed) {
  using Order = CountdownProblems::NumberOrder;
  if (address == kTrain) {
    return std::make_unique<CountdownProblems>(MakeCountdownSplit().train, Order::kNewAtEachDraw,
                                               seed);
  }
  if (address == kHeldOut) {
    return std::make_unique<CountdownProblems>(MakeCountdownSplit().held_out, Order::kFixed, seed);
  }
  if (!IsJsonl(address)) {
    return absl::InvalidArgumentError(absl::StrCat("there are no problems at \"", address,
                                                   "\"; known are \"", kTrain, "\", \"", kHeldOut,
                                                   "\" and paths that end in .jsonl"));
  }
  GYRE_ASSIGN_OR_RETURN(std::vector<Problem> problems, ReadProblems(address));
  return std::make_unique<ListedProblems>(std::move(problems));
}

absl::StatusOr<std::unique_ptr<ExampleSource>> OpenExamples(const std::string& address,
                                                            uint64_t seed) {
  if (address == kTraces) {
    return std::make_unique<CountdownTraces>(MakeCountdownSplit().train, seed);
  }
  if (!IsJsonl(address)) {
    return absl::InvalidArgumentError(absl::StrCat("there are no examples at \"", address,
                                                   "\"; known are \"", kTraces,
                                                   "\" and paths that end in .jsonl"));
  }
  GYRE_ASSIGN_OR_RETURN(std::vector<Example> examples, ReadExamples(address));
  return std::make_unique<ListedExamples>(std::move(examples), seed);
}

}  // namespace gyre::data
