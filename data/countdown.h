#pragma once

#include <array>
#include <string>
#include <vector>

namespace gyre::data {

// The countdown task (docs/countdown.md): from three numbers 1…9, each used exactly once, and
// + - *, make a target 10…99.
struct CountdownProblem {
  std::array<int, 3> numbers;
  int target = 0;
};

// One attempt: a pair of the numbers is joined (sum, product, or larger minus smaller), then the
// result with the third number in the same way. Every value is in 0…99.
struct CountdownTry {
  int value = 0;
  std::string working;     // "5*3=15,15-4=11"
  std::string expression;  // "(5*3)-4"
};

// All tries over the numbers, each once; sums and products in the order in which the numbers stand.
std::vector<CountdownTry> CountdownTries(const std::array<int, 3>& numbers);

// All 1,319 problems in two parts, numbers sorted. The choice is the same in every run, whatever
// its seed, so that runs can be compared on the 300 held-out ones.
struct CountdownSplit {
  std::vector<CountdownProblem> train;     // by numbers, then target
  std::vector<CountdownProblem> held_out;  // in a random order, so that the first n are a sample
};
CountdownSplit MakeCountdownSplit();

// The same three numbers in the order number `permutation` (0…5).
std::array<int, 3> Permuted(const std::array<int, 3>& numbers, int permutation);

// "<bos>5 7 6=37:"
std::string CountdownPrompt(const CountdownProblem& problem);

// "countdown-5-6-7-37", whatever the order of the numbers.
std::string CountdownId(const CountdownProblem& problem);

}  // namespace gyre::data
