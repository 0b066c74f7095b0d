#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "rewarder/math/node.h"

namespace gyre::rewarder::math {

// Steps that a comparison may still take. One step is about an operation on a machine word; who
// works on larger numbers takes more. When none are left, the answer is that nobody can tell.
class Budget {
 public:
  explicit Budget(int64_t steps) : steps_(steps) {}
  // False if there are not so many left.
  bool Take(int64_t steps) {
    steps_ -= steps;
    return steps_ >= 0;
  }
  bool IsSpent() const { return steps_ < 0; }

 private:
  int64_t steps_;
};

// Gives each symbol a value: which, depends on its name and the point's number alone. Symbols are
// rational numbers of either sign (point 0: all positive); those that count something are small
// whole numbers.
class SamplePoint {
 public:
  SamplePoint(uint64_t number, const std::set<std::string>* counters)
      : number_(number), counters_(counters) {}

  Rational ValueOf(absl::string_view symbol) const;
  // A value for a function without a meaning, from a hash of its name and its arguments.
  Rational ValueOfHash(uint64_t hash) const;

  // Gives a bound variable a value until Release.
  void Bind(const std::string& symbol, Rational value) {
    bound_.emplace_back(symbol, std::move(value));
  }
  void Release() { bound_.pop_back(); }

 private:
  uint64_t number_;
  const std::set<std::string>* counters_;
  std::vector<std::pair<std::string, Rational>> bound_;
};

uint64_t HashText(absl::string_view text);
uint64_t MixHash(uint64_t a, uint64_t b);

// The names of the symbols in a tree, without those that it binds.
void CollectSymbols(const Node& node, std::set<std::string>* symbols);
// Those of them that stand in an exponent, a factorial or a binomial and are called like integers.
void CollectCounters(const Node& node, bool counts, std::set<std::string>* counters);

}  // namespace gyre::rewarder::math
