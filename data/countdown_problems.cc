#include "data/countdown_problems.h"

#include <utility>

#include "base/counter_rng.h"

namespace gyre::data {

CountdownProblems::CountdownProblems(std::vector<CountdownProblem> problems, NumberOrder order,
                                     uint64_t seed)
    : problems_(std::move(problems)), order_(order), seed_(seed) {}

Problem CountdownProblems::Get(uint64_t index, uint64_t draw) const {
  CountdownProblem chosen = problems_[index];
  const base::CounterRng rng = order_ == NumberOrder::kFixed
                                   ? base::CounterRng({"countdown, fixed order", index})
                                   : base::CounterRng({seed_, "countdown", index, draw});
  chosen.numbers = Permuted(chosen.numbers, static_cast<int>(rng.Below(0, 6)));

  Problem problem;
  problem.set_id(CountdownId(chosen));
  problem.set_kind("countdown");
  problem.set_prompt(CountdownPrompt(chosen));
  for (int number : chosen.numbers) problem.mutable_countdown()->add_numbers(number);
  problem.mutable_countdown()->set_target(chosen.target);
  return problem;
}

}  // namespace gyre::data
