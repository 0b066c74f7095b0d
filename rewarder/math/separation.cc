#include "rewarder/math/separation.h"

#include <algorithm>
#include <cmath>

#include "rewarder/math/exact_value.h"

namespace gyre::rewarder::math {
namespace {

// The value is U/L with algebraic integers U and L whose conjugates are at most 2^upper and
// 2^lower.
struct Bound {
  double upper = 0;
  double lower = 0;
  double degree = 1;
};

double LogOfSum(double a, double b) {
  const double most = std::max(a, b), least = std::min(a, b);
  return most + std::log2(1 + std::exp2(least - most));
}

double BitsOf(const fmpz* integer) {
  return fmpz_is_zero(integer) ? 0 : static_cast<double>(fmpz_bits(integer));
}

class BoundReader {
 public:
  explicit BoundReader(Budget& budget) : budget_(budget) {}

  std::optional<Bound> Of(const Node& node) {
    if (!budget_.Take(4)) return std::nullopt;
    Rational value;
    switch (node.kind) {
      case Kind::kNumber:
        return OfRational(node.number);
      case Kind::kImaginary:
        return Bound{0, 0, 2};
      case Kind::kNegate:
      case Kind::kWithUnit:
        return Of(*node.children[0]);
      case Kind::kPercent: {
        auto bound = Of(*node.children[0]);
        if (bound) bound->lower += 7;
        return bound;
      }
      case Kind::kAdd:
      case Kind::kMultiply:
      case Kind::kDivide:
        return OfMany(node);
      case Kind::kPower:
      case Kind::kRoot:
        return OfPower(node);
      case Kind::kCall:
        return OfCall(node);
      default:
        return std::nullopt;
    }
  }

 private:
  static Bound OfRational(const Rational& number) {
    return {BitsOf(number.numerator()), BitsOf(number.denominator()), 1};
  }

  bool IsExact(const Node& node, Rational* value) {
    static const std::set<std::string>& none = *new std::set<std::string>;
    SamplePoint nowhere(0, &none);
    std::set<std::string> symbols;
    CollectSymbols(node, &symbols);
    return symbols.empty() && ExactValue(node, nowhere, budget_, value) == ExactOutcome::kValue;
  }

  std::optional<Bound> OfMany(const Node& node) {
    std::optional<Bound> total = Of(*node.children[0]);
    for (size_t i = 1; total && i < node.children.size(); ++i) {
      const std::optional<Bound> part = Of(*node.children[i]);
      if (!part) return std::nullopt;
      if (node.kind == Kind::kAdd) {
        total->upper = LogOfSum(total->upper + part->lower, part->upper + total->lower);
        total->lower += part->lower;
      } else {
        const bool divides = node.kind == Kind::kDivide;
        total->upper += divides ? part->lower : part->upper;
        total->lower += divides ? part->upper : part->lower;
      }
      total->degree *= part->degree;
    }
    return total;
  }

  std::optional<Bound> OfPower(const Node& node) {
    Rational exponent;
    if (!IsExact(*node.children[1], &exponent) || exponent.Bits() > 24 || exponent.IsZero()) {
      return std::nullopt;
    }
    if (node.kind == Kind::kRoot) exponent = Rational(1) / exponent;
    std::optional<Bound> bound = Of(*node.children[0]);
    if (!bound) return std::nullopt;
    const double power = static_cast<double>(fmpz_get_si(exponent.numerator()));
    const double index = static_cast<double>(fmpz_get_si(exponent.denominator()));
    bound->upper *= std::fabs(power) / index;
    bound->lower *= std::fabs(power) / index;
    if (power < 0) std::swap(bound->upper, bound->lower);
    bound->degree *= index;
    return bound;
  }

  std::optional<Bound> OfCall(const Node& node) {
    const std::string& name = node.name;
    if (name == "sin" || name == "cos" || name == "tan" || name == "cot" || name == "sec" ||
        name == "csc") {
      const std::optional<Rational> angle = MultipleOfPi(*node.children[0], budget_);
      if (!angle || fmpz_cmp_si(angle->denominator(), 360) > 0) return std::nullopt;
      const double q = static_cast<double>(fmpz_get_si(angle->denominator()));
      // 2 sin and 2 cos of it are algebraic integers of the 4q-th roots of unity.
      if (name == "sin" || name == "cos") return Bound{1, 1, 2 * q};
      if (name == "tan" || name == "cot") return Bound{1, 1, 4 * q};
      return Bound{1, 1, 2 * q};
    }
    Rational value;
    if (IsExact(node, &value)) return OfRational(value);
    if (name == "abs") {
      // |z| of a number that is not real is a square root more.
      std::optional<Bound> bound = Of(*node.children[0]);
      if (bound) bound->degree *= 2 * bound->degree;
      return bound;
    }
    if (name == "conj") {
      std::optional<Bound> bound = Of(*node.children[0]);
      if (bound) bound->degree *= 2;
      return bound;
    }
    return std::nullopt;
  }

  Budget& budget_;
};

// The rational r for which the factor is r·pi^times.
bool ReadPiFactor(const Node& node, Budget& budget, Rational* factor, int* times) {
  if (!budget.Take(2)) return false;
  static const std::set<std::string>& none = *new std::set<std::string>;
  SamplePoint nowhere(0, &none);
  switch (node.kind) {
    case Kind::kPi:
      *factor = Rational(1);
      *times = 1;
      return true;
    case Kind::kDegrees: {
      *times = 1;
      std::set<std::string> symbols;
      CollectSymbols(node, &symbols);
      if (!symbols.empty() ||
          ExactValue(*node.children[0], nowhere, budget, factor) != ExactOutcome::kValue) {
        return false;
      }
      *factor = *factor / Rational(180);
      return true;
    }
    case Kind::kNegate:
      if (!ReadPiFactor(*node.children[0], budget, factor, times)) return false;
      *factor = -*factor;
      return true;
    case Kind::kMultiply:
    case Kind::kDivide:
    case Kind::kAdd: {
      if (!ReadPiFactor(*node.children[0], budget, factor, times)) return false;
      for (size_t i = 1; i < node.children.size(); ++i) {
        Rational next;
        int next_times = 0;
        if (!ReadPiFactor(*node.children[i], budget, &next, &next_times)) return false;
        if (factor->Bits() + next.Bits() > 1000) return false;
        if (node.kind == Kind::kAdd) {
          if (*times != next_times) return false;
          *factor = *factor + next;
        } else if (node.kind == Kind::kMultiply) {
          *factor = *factor * next;
          *times += next_times;
        } else {
          if (next.IsZero()) return false;
          *factor = *factor / next;
          *times -= next_times;
        }
      }
      return true;
    }
    default: {
      std::set<std::string> symbols;
      CollectSymbols(node, &symbols);
      *times = 0;
      return symbols.empty() && ExactValue(node, nowhere, budget, factor) == ExactOutcome::kValue;
    }
  }
}

}  // namespace

std::optional<Rational> MultipleOfPi(const Node& angle, Budget& budget) {
  Rational factor;
  int times = 0;
  if (!ReadPiFactor(angle, budget, &factor, &times)) return std::nullopt;
  if (times != 1 && !factor.IsZero()) return std::nullopt;
  return factor;
}

std::optional<double> SeparationBits(const Node& node, Budget& budget) {
  const std::optional<Bound> bound = BoundReader(budget).Of(node);
  if (!bound) return std::nullopt;
  const double degree = bound->degree * bound->degree - 1;
  return bound->lower + bound->upper * std::max(degree, 1.0) + 2;
}

}  // namespace gyre::rewarder::math
