#include "rewarder/math/real_set.h"

#include <algorithm>
#include <utility>

#include "rewarder/math/ball_value.h"

namespace gyre::rewarder::math {
namespace {

constexpr size_t kMaximumPieces = 60;
constexpr Endpoint kMinusInfinity = {-1, nullptr, false};
constexpr Endpoint kPlusInfinity = {1, nullptr, false};

RealSet WholeLine() { return {{kMinusInfinity, kPlusInfinity}}; }

}  // namespace

bool RealSetReader::IsRealNumber(const Node& node) {
  std::set<std::string> symbols;
  CollectSymbols(node, &symbols);
  if (!symbols.empty()) return false;
  const std::set<std::string> none;
  SamplePoint nowhere(0, &none);
  Ball value;
  BallFacts facts;
  return BallValue(node, nowhere, 64, budget_, &value, &facts) && value.MayBeReal();
}

std::optional<Endpoint> RealSetReader::ReadEnd(const Node& node) {
  const Node* inner = &node;
  int sign = 1;
  while (inner->kind == Kind::kNegate || (inner->kind == Kind::kWithUnit)) {
    if (inner->kind == Kind::kNegate) sign = -sign;
    inner = inner->children[0];
  }
  if (inner->kind == Kind::kInfinity) return Endpoint{sign, nullptr, false};
  if (!IsRealNumber(node)) return std::nullopt;
  return Endpoint{0, &node, false};
}

int RealSetReader::Order(const Endpoint& a, const Endpoint& b) {
  if (a.infinite != 0 || b.infinite != 0) {
    if (a.infinite == b.infinite) return 0;
    return a.infinite < b.infinite ? -1 : 1;
  }
  return CompareOrder(*a.value, *b.value, store_, budget_);
}

// Sorts pieces and joins those that touch; empty ones go.
std::optional<RealSet> RealSetReader::Normal(std::vector<Piece> pieces) {
  if (pieces.size() > kMaximumPieces) return std::nullopt;
  std::vector<Piece> sound;
  for (const Piece& piece : pieces) {
    const int order = Order(piece.low, piece.high);
    if (order == 2) return std::nullopt;
    const bool is_point = order == 0 && piece.low.is_closed && piece.high.is_closed;
    if (order < 0 || is_point) sound.push_back(piece);
  }
  bool is_known = true;
  // Insertion sort: the order may turn out to be unknown.
  for (size_t i = 1; i < sound.size() && is_known; ++i) {
    for (size_t j = i; j > 0; --j) {
      const int order = Order(sound[j].low, sound[j - 1].low);
      if (order == 2) return std::nullopt;
      const bool is_before =
          order < 0 || (order == 0 && sound[j].low.is_closed && !sound[j - 1].low.is_closed);
      if (!is_before) break;
      std::swap(sound[j], sound[j - 1]);
    }
  }
  RealSet joined;
  for (const Piece& piece : sound) {
    if (joined.empty()) {
      joined.push_back(piece);
      continue;
    }
    Piece& last = joined.back();
    const int gap = Order(last.high, piece.low);
    if (gap == 2) return std::nullopt;
    if (gap < 0 || (gap == 0 && !last.high.is_closed && !piece.low.is_closed)) {
      joined.push_back(piece);
      continue;
    }
    const int ends = Order(last.high, piece.high);
    if (ends == 2) return std::nullopt;
    if (ends < 0) last.high = piece.high;
    if (ends == 0) last.high.is_closed = last.high.is_closed || piece.high.is_closed;
  }
  return joined;
}

std::optional<RealSet> RealSetReader::Union(const RealSet& a, const RealSet& b) {
  std::vector<Piece> pieces = a;
  pieces.insert(pieces.end(), b.begin(), b.end());
  return Normal(std::move(pieces));
}

std::optional<RealSet> RealSetReader::Intersection(const RealSet& a, const RealSet& b) {
  std::vector<Piece> pieces;
  if (a.size() * b.size() > kMaximumPieces) return std::nullopt;
  for (const Piece& left : a) {
    for (const Piece& right : b) {
      const int low = Order(left.low, right.low), high = Order(left.high, right.high);
      if (low == 2 || high == 2) return std::nullopt;
      Piece piece;
      piece.low = low < 0 ? right.low : left.low;
      if (low == 0) piece.low.is_closed = left.low.is_closed && right.low.is_closed;
      piece.high = high < 0 ? left.high : right.high;
      if (high == 0) piece.high.is_closed = left.high.is_closed && right.high.is_closed;
      pieces.push_back(piece);
    }
  }
  return Normal(std::move(pieces));
}

std::optional<RealSet> RealSetReader::Complement(const RealSet& set) {
  std::vector<Piece> pieces;
  Endpoint low = kMinusInfinity;
  for (const Piece& piece : set) {
    Endpoint high = piece.low;
    high.is_closed = high.infinite == 0 && !piece.low.is_closed;
    pieces.push_back({low, high});
    low = piece.high;
    low.is_closed = low.infinite == 0 && !piece.high.is_closed;
  }
  if (low.infinite != 1) pieces.push_back({low, kPlusInfinity});
  return Normal(std::move(pieces));
}

Sameness RealSetReader::Compare(const RealSet& a, const RealSet& b) {
  if (a.size() != b.size()) return Sameness::kDifferent;
  bool is_known = true;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].low.is_closed != b[i].low.is_closed || a[i].high.is_closed != b[i].high.is_closed) {
      return Sameness::kDifferent;
    }
    for (const int order : {Order(a[i].low, b[i].low), Order(a[i].high, b[i].high)}) {
      if (order == 1 || order == -1) return Sameness::kDifferent;
      is_known = is_known && order == 0;
    }
  }
  return is_known ? Sameness::kEqual : Sameness::kUnknown;
}

std::optional<RealSet> RealSetReader::ReadInterval(const Node& brackets) {
  if (brackets.children.size() != 2) return std::nullopt;
  auto low = ReadEnd(*brackets.children[0]), high = ReadEnd(*brackets.children[1]);
  if (!low || !high || Order(*low, *high) == 1) return std::nullopt;
  low->is_closed = brackets.name[0] == '[' && low->infinite == 0;
  high->is_closed = brackets.name[1] == ']' && high->infinite == 0;
  if (brackets.name[0] == ']') low->is_closed = false;
  return Normal({{*low, *high}});
}

std::optional<RealSet> RealSetReader::Read(const Node& node) {
  switch (node.kind) {
    case Kind::kBrackets:
      return ReadInterval(node);
    case Kind::kEmptySet:
      return RealSet();
    case Kind::kNamedSet: {
      if (node.name == "R") return WholeLine();
      const Endpoint zero = {0, store_.AddNumber(Rational(0)), false};
      if (node.name == "R+") return RealSet{{zero, kPlusInfinity}};
      if (node.name == "R-") return RealSet{{kMinusInfinity, zero}};
      return std::nullopt;
    }
    case Kind::kSet: {
      std::vector<Piece> points;
      for (const Node* item : node.children) {
        auto end = ReadEnd(*item);
        if (!end || end->infinite != 0) return std::nullopt;
        end->is_closed = true;
        points.push_back({*end, *end});
      }
      return Normal(std::move(points));
    }
    case Kind::kUnion:
    case Kind::kIntersection:
    case Kind::kDifference: {
      const auto left = Read(*node.children[0]), right = Read(*node.children[1]);
      if (!left || !right) return std::nullopt;
      if (node.kind == Kind::kUnion) return Union(*left, *right);
      if (node.kind == Kind::kIntersection) return Intersection(*left, *right);
      const auto rest = Complement(*right);
      return rest ? Intersection(*left, *rest) : std::nullopt;
    }
    case Kind::kRelation:
      return ReadRelation(node);
    case Kind::kList:
      return ReadList(node);
    case Kind::kSetBuilder: {
      const Node& what = *node.children[0];
      const bool is_symbol =
          what.kind == Kind::kSymbol ||
          (what.kind == Kind::kRelation && what.name == "i" &&
           what.children[1]->kind == Kind::kNamedSet && what.children[1]->name == "R");
      return is_symbol ? Read(*node.children[1]) : std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

}  // namespace gyre::rewarder::math
