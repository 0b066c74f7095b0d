#pragma once

#include <cstdint>

namespace gyre::base {

// An endless sequence over 0..n-1 in passes: each pass visits every index once, in an order of its
// own. Index(k) is a pure function of (seed, n, k) in O(log n) time without memory, so any k can be
// asked at any time from any thread (a few microseconds at n = 10^6).
//
// A pass is the swap-or-not shuffle (Hoang, Morris and Rogaway, CRYPTO 2012, fig. 1): in each round
// a position x has the partner K - x mod n, and a random bit of the pair says whether the two
// change places.
class SeededOrder {
 public:
  // n > 0.
  SeededOrder(std::uint64_t seed, std::uint64_t n);

  std::uint64_t Index(std::uint64_t k) const;

  std::uint64_t size() const { return n_; }

 private:
  std::uint64_t seed_;
  std::uint64_t n_;
  int rounds_;
};

}  // namespace gyre::base
