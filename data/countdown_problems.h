#pragma once

#include <cstdint>
#include <vector>

#include "data/countdown.h"
#include "data/problem_source.h"

namespace gyre::data {

// Countdown problems as proto messages.
class CountdownProblems : public ProblemSource {
 public:
  enum class NumberOrder {
    kNewAtEachDraw,
    kFixed,  // random, the same for every seed and draw
  };

  CountdownProblems(std::vector<CountdownProblem> problems, NumberOrder order, uint64_t seed);

  uint64_t size() const override { return problems_.size(); }
  Problem Get(uint64_t index, uint64_t draw) const override;

 private:
  std::vector<CountdownProblem> problems_;
  NumberOrder order_;
  uint64_t seed_;
};

}  // namespace gyre::data
