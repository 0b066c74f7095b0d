#include "data/countdown_traces.h"

#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/counter_rng.h"

namespace gyre::data {
namespace {

// Draws one after another from one key.
class Draws {
 public:
  explicit Draws(base::CounterRng rng) : rng_(rng) {}
  uint64_t Below(uint64_t n) { return rng_.Below(counter_++, n); }
  bool Chance(double probability) { return rng_.UniformDouble(counter_++) < probability; }

 private:
  base::CounterRng rng_;
  uint64_t counter_ = 0;
};

// The tries worth writing down, in random order, the first of each value.
std::vector<CountdownTry> ShuffledTries(const std::array<int, 3>& numbers, Draws& draws) {
  constexpr int kMinValue = 10;  // smaller values are no target
  std::vector<CountdownTry> tries = CountdownTries(numbers);
  for (size_t left = tries.size(); left > 1; --left) {
    std::swap(tries[left - 1], tries[draws.Below(left)]);
  }
  std::set<int> values;
  std::erase_if(tries, [&](const CountdownTry& attempt) {
    return attempt.value < kMinValue || !values.insert(attempt.value).second;
  });
  return tries;
}

const CountdownTry& Solving(const std::vector<CountdownTry>& tries, int target) {
  for (const CountdownTry& attempt : tries) {
    if (attempt.value == target) return attempt;
  }
  GYRE_CHECK(false, "a countdown problem's target is reachable");
  return tries.front();
}

}  // namespace

CountdownTraces::CountdownTraces(std::vector<CountdownProblem> problems, uint64_t seed,
                                 CountdownTraceOptions options)
    : problems_(std::move(problems)), seed_(seed), options_(options) {}

Example CountdownTraces::Get(uint64_t index) const {
  Draws draws(base::CounterRng({seed_, "countdown:traces", index}));
  CountdownProblem problem = problems_[draws.Below(problems_.size())];
  problem.numbers = Permuted(problem.numbers, static_cast<int>(draws.Below(6)));
  const std::vector<CountdownTry> tries = ShuffledTries(problem.numbers, draws);
  const CountdownTry& solving = Solving(tries, problem.target);
  const bool patient = draws.Chance(options_.patient_fraction);
  const double p_stop = patient ? options_.p_stop_patient : options_.p_stop;

  std::string response = "<think>";
  const CountdownTry* last = nullptr;
  size_t next = 0;
  for (int i = 0; i < options_.max_tries && next < tries.size(); ++i) {
    last = draws.Chance(options_.p_solving_next) ? &solving : &tries[next++];
    const bool solved = last->value == problem.target;
    absl::StrAppend(&response, last->working, " vs ", problem.target, solved ? " yes\n" : " no\n");
    if (solved || draws.Chance(p_stop)) break;
  }
  absl::StrAppend(&response, "</think><answer>", last->expression, "</answer><eos>");

  Example example;
  example.set_id(absl::StrCat("countdown-trace-", index));
  example.set_prompt(CountdownPrompt(problem));
  example.set_response(std::move(response));
  return example;
}

}  // namespace gyre::data
