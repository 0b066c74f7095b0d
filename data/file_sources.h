#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/seeded_order.h"
#include "data/example_source.h"
#include "data/problem_source.h"

namespace gyre::data {

// Problems held in memory, the same at each draw.
class ListedProblems : public ProblemSource {
 public:
  explicit ListedProblems(std::vector<Problem> problems) : problems_(std::move(problems)) {}
  uint64_t size() const override { return problems_.size(); }
  Problem Get(uint64_t index, uint64_t /*draw*/) const override { return problems_[index]; }

 private:
  std::vector<Problem> problems_;
};

// Examples held in memory, in endless passes, each in an order of its own. Not empty.
class ListedExamples : public ExampleSource {
 public:
  ListedExamples(std::vector<Example> examples, uint64_t seed)
      : examples_(std::move(examples)), order_(seed, examples_.size()) {}
  Example Get(uint64_t index) const override { return examples_[order_.Index(index)]; }

 private:
  std::vector<Example> examples_;
  base::SeededOrder order_;
};

}  // namespace gyre::data
