#include "data/countdown.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "base/seeded_order.h"

namespace gyre::data {
namespace {

constexpr int kMaxNumber = 9;
constexpr int kMaxValue = 99;
constexpr int kMinTarget = 10;
constexpr uint64_t kNumHeldOut = 300;
constexpr uint64_t kSplitSeed = 20250122;  // any; changing it changes what "held out" means

// Two values joined: the result, and its operands in the order in which they are written.
struct Join {
  int left = 0;
  char sign = '+';
  int right = 0;
  int result = 0;
};

std::vector<Join> Joins(int a, int b) {
  const int larger = std::max(a, b), smaller = std::min(a, b);
  std::vector<Join> joins = {
      {a, '+', b, a + b}, {a, '*', b, a * b}, {larger, '-', smaller, larger - smaller}};
  std::erase_if(joins, [](const Join& join) { return join.result > kMaxValue; });
  return joins;
}

std::string Signed(char sign) { return std::string(1, sign); }

CountdownTry MakeTry(const Join& pair, const Join& whole) {
  const std::string inner = absl::StrCat("(", pair.left, Signed(pair.sign), pair.right, ")");
  // In a difference the third number may be the larger one and stand in front. If it equals the
  // pair's result, both orders are the same, and the pair stands first.
  const bool pair_first = whole.left == pair.result;
  CountdownTry result;
  result.value = whole.result;
  result.working = absl::StrCat(pair.left, Signed(pair.sign), pair.right, "=", pair.result, ",",
                                whole.left, Signed(whole.sign), whole.right, "=", whole.result);
  result.expression = pair_first ? absl::StrCat(inner, Signed(whole.sign), whole.right)
                                 : absl::StrCat(whole.left, Signed(whole.sign), inner);
  return result;
}

// All problems, by numbers, then target.
std::vector<CountdownProblem> AllProblems() {
  std::vector<CountdownProblem> problems;
  for (int a = 1; a <= kMaxNumber; ++a) {
    for (int b = a; b <= kMaxNumber; ++b) {
      for (int c = b; c <= kMaxNumber; ++c) {
        std::set<int> targets;
        for (const CountdownTry& attempt : CountdownTries({a, b, c})) targets.insert(attempt.value);
        for (int target : targets) {
          if (target >= kMinTarget) problems.push_back({{a, b, c}, target});
        }
      }
    }
  }
  return problems;
}

}  // namespace

std::vector<CountdownTry> CountdownTries(const std::array<int, 3>& numbers) {
  constexpr int kPairs[3][3] = {{0, 1, 2}, {0, 2, 1}, {1, 2, 0}};  // the pair, then the third
  std::vector<CountdownTry> tries;
  std::set<std::string> seen;
  for (const auto& [first, second, third] : kPairs) {
    for (const Join& pair : Joins(numbers[first], numbers[second])) {
      for (const Join& whole : Joins(pair.result, numbers[third])) {
        CountdownTry attempt = MakeTry(pair, whole);
        if (seen.insert(attempt.working).second) tries.push_back(std::move(attempt));
      }
    }
  }
  return tries;
}

CountdownSplit MakeCountdownSplit() {
  const std::vector<CountdownProblem> problems = AllProblems();
  const base::SeededOrder order(kSplitSeed, problems.size());
  CountdownSplit split;
  std::vector<bool> held_out(problems.size(), false);
  for (uint64_t k = 0; k < kNumHeldOut; ++k) {
    held_out[order.Index(k)] = true;
    split.held_out.push_back(problems[order.Index(k)]);
  }
  for (size_t i = 0; i < problems.size(); ++i) {
    if (!held_out[i]) split.train.push_back(problems[i]);
  }
  return split;
}

std::array<int, 3> Permuted(const std::array<int, 3>& numbers, int permutation) {
  constexpr int kOrders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  const auto& order = kOrders[permutation];
  return {numbers[order[0]], numbers[order[1]], numbers[order[2]]};
}

std::string CountdownPrompt(const CountdownProblem& problem) {
  const auto& [a, b, c] = problem.numbers;
  return absl::StrCat("<bos>", a, " ", b, " ", c, "=", problem.target, ":");
}

std::string CountdownId(const CountdownProblem& problem) {
  std::array<int, 3> numbers = problem.numbers;
  std::sort(numbers.begin(), numbers.end());
  return absl::StrCat("countdown-", numbers[0], "-", numbers[1], "-", numbers[2], "-",
                      problem.target);
}

}  // namespace gyre::data
