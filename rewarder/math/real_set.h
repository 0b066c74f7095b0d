#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rewarder/math/value_equality.h"

namespace gyre::rewarder::math {

// An end of a piece of the real line.
struct Endpoint {
  int infinite = 0;             // -1: minus infinity, 1: plus infinity
  const Node* value = nullptr;  // of a finite one
  bool is_closed = false;       // the end itself belongs to the piece
};

struct Piece {
  Endpoint low, high;
};

// A set of real numbers as pieces in order, none touching the next. A point is a piece, too.
using RealSet = std::vector<Piece>;

// What sets are compared and joined with: reads sets from trees and does their arithmetic. An
// operation gives nothing if the order of two ends cannot be told, an end is no real number, or the
// budget is spent.
class RealSetReader {
 public:
  RealSetReader(NodeStore& store, Budget& budget) : store_(store), budget_(budget) {}

  // Intervals, sets of numbers, their unions, intersections and differences, R, inequalities in
  // one symbol that is alone or |alone| on a side, or linear; lists of them joined by "or", and {x
  // | inequality}.
  std::optional<RealSet> Read(const Node& node);

  Sameness Compare(const RealSet& a, const RealSet& b);

 private:
  std::optional<RealSet> ReadRelation(const Node& relation);
  std::optional<RealSet> ReadOneRelation(const Node& left, char sign, const Node& right);
  std::optional<RealSet> ReadList(const Node& list);
  std::optional<RealSet> Solve(const Node& left, char sign, const Node& right,
                               const std::string& symbol);
  std::optional<RealSet> OfSign(char sign, const Node* bound);
  std::optional<RealSet> ReadInterval(const Node& brackets);

  std::optional<RealSet> Union(const RealSet& a, const RealSet& b);
  std::optional<RealSet> Intersection(const RealSet& a, const RealSet& b);
  std::optional<RealSet> Complement(const RealSet& set);
  std::optional<RealSet> Normal(std::vector<Piece> pieces);

  // -1, 0, 1, or 2 for unknown; closed or not makes no difference.
  int Order(const Endpoint& a, const Endpoint& b);
  std::optional<Endpoint> ReadEnd(const Node& node);
  bool IsRealNumber(const Node& node);

  NodeStore& store_;
  Budget& budget_;
};

}  // namespace gyre::rewarder::math
