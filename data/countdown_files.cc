#include "data/countdown_files.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "base/seeded_order.h"
#include "base/status_macros.h"
#include "data/jsonl.h"
#include "data/open_source.h"

namespace gyre::data {
namespace {

absl::Status WriteTrain(uint64_t count, uint64_t seed, const std::string& path) {
  GYRE_ASSIGN_OR_RETURN(std::unique_ptr<ProblemSource> source,
                        OpenProblems("countdown:train", seed));
  const base::SeededOrder order(seed, source->size());
  return WriteProblems(path, count == 0 ? source->size() : count, [&](uint64_t k) {
    const uint64_t pass = k / source->size();
    Problem problem = source->Get(order.Index(k), pass);
    if (pass > 0) absl::StrAppend(problem.mutable_id(), "-again", pass);
    return problem;
  });
}

absl::Status WriteHeldOut(uint64_t count, uint64_t seed, const std::string& path) {
  GYRE_ASSIGN_OR_RETURN(std::unique_ptr<ProblemSource> source,
                        OpenProblems("countdown:held_out", seed));
  if (count > source->size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("there are ", source->size(), " held-out countdown problems, not ", count));
  }
  return WriteProblems(path, count == 0 ? source->size() : count,
                       [&](uint64_t k) { return source->Get(k, 0); });
}

absl::Status WriteTraces(uint64_t count, uint64_t seed, const std::string& path) {
  if (count == 0) {
    return absl::InvalidArgumentError("countdown traces are endless; say how many to write");
  }
  GYRE_ASSIGN_OR_RETURN(std::unique_ptr<ExampleSource> source,
                        OpenExamples("countdown:traces", seed));
  return WriteExamples(path, count, [&](uint64_t k) { return source->Get(k); });
}

}  // namespace

absl::Status WriteCountdownFile(const std::string& split, uint64_t count, uint64_t seed,
                                const std::string& path) {
  if (split == "train") return WriteTrain(count, seed, path);
  if (split == "held_out") return WriteHeldOut(count, seed, path);
  if (split == "traces") return WriteTraces(count, seed, path);
  return absl::InvalidArgumentError(
      absl::StrCat("countdown has no split \"", split, "\"; it has train, held_out and traces"));
}

}  // namespace gyre::data
