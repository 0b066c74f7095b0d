#include "rewarder/math/exact_value.h"

#include <cstdlib>
#include <utility>

#include "rewarder/math/exact_function.h"

namespace gyre::rewarder::math {
namespace {

// Powers and roots of whole numbers, when the result is one.
bool ExactRoot(const fmpz* of, int64_t index, fmpz* root) {
  if (fmpz_is_one(of)) {
    fmpz_one(root);
    return true;
  }
  return fmpz_root(root, of, index) != 0;
}

class ExactEvaluator {
 public:
  ExactEvaluator(SamplePoint& point, Budget& budget) : point_(point), budget_(budget) {}

  ExactOutcome Of(const Node& node, Rational* value) {
    if (!budget_.Take(1)) return ExactOutcome::kNotRational;
    switch (node.kind) {
      case Kind::kNumber:
        *value = node.number;
        return ExactOutcome::kValue;
      case Kind::kSymbol:
      case Kind::kText:
        *value = point_.ValueOf(node.name);
        return ExactOutcome::kValue;
      case Kind::kAdd:
      case Kind::kMultiply:
        return OfMany(node, value);
      case Kind::kNegate:
        return With(Of(*node.children[0], value), [&] { *value = -*value; });
      case Kind::kPercent:
        return With(Of(*node.children[0], value), [&] { *value = *value / Rational(100); });
      case Kind::kWithUnit:
        return Of(*node.children[0], value);
      case Kind::kSet:  // braces as brackets: \{1 + 2\} \{3 - 4\}
        if (node.children.size() != 1) return ExactOutcome::kNotRational;
        return Of(*node.children[0], value);
      case Kind::kDegrees: {
        const ExactOutcome outcome = Of(*node.children[0], value);
        return outcome == ExactOutcome::kValue && !value->IsZero() ? ExactOutcome::kNotRational
                                                                   : outcome;
      }
      case Kind::kDivide:
      case Kind::kPower:
      case Kind::kRoot:
        return OfPair(node, value);
      case Kind::kCall:
        return OfCall(node, value);
      case Kind::kBinder:
        return OfBinder(node, value);
      default:
        return ExactOutcome::kNotRational;
    }
  }

 private:
  template <typename Action>
  static ExactOutcome With(ExactOutcome outcome, Action action) {
    if (outcome == ExactOutcome::kValue) action();
    return outcome;
  }

  bool Fits(const Rational& a, const Rational& b) {
    const int64_t bits = a.Bits() + b.Bits();
    return bits <= kMaximumExactBits && budget_.Take(bits / 16);
  }

  ExactOutcome OfMany(const Node& node, Rational* value) {
    const bool is_sum = node.kind == Kind::kAdd;
    Rational total(is_sum ? 0 : 1), part;
    for (const Node* child : node.children) {
      if (const ExactOutcome outcome = Of(*child, &part); outcome != ExactOutcome::kValue)
        return outcome;
      if (!Fits(total, part)) return ExactOutcome::kNotRational;
      total = is_sum ? total + part : total * part;
    }
    *value = std::move(total);
    return ExactOutcome::kValue;
  }

  ExactOutcome OfPair(const Node& node, Rational* value) {
    Rational left, right;
    if (const ExactOutcome outcome = Of(*node.children[1], &right);
        outcome != ExactOutcome::kValue) {
      return outcome;
    }
    if (const ExactOutcome outcome = Of(*node.children[0], &left);
        outcome != ExactOutcome::kValue) {
      return outcome;
    }
    if (node.kind == Kind::kDivide) {
      if (right.IsZero()) return ExactOutcome::kUndefined;
      if (!Fits(left, right)) return ExactOutcome::kNotRational;
      *value = left / right;
      return ExactOutcome::kValue;
    }
    if (node.kind == Kind::kPower) return ExactPower(left, right, budget_, value);
    if (!right.IsIntegerWithin(1, 1000)) return ExactOutcome::kNotRational;
    return ExactPower(left, Rational(1) / right, budget_, value);
  }

  ExactOutcome OfCall(const Node& node, Rational* value) {
    std::vector<Rational> arguments(node.children.size());
    for (size_t i = 0; i < node.children.size(); ++i) {
      const ExactOutcome outcome = Of(*node.children[i], &arguments[i]);
      if (outcome != ExactOutcome::kValue) return outcome;
    }
    return ExactFunction(node.name, arguments, budget_, value);
  }

  ExactOutcome OfBinder(const Node& node, Rational* value) {
    Rational lower, upper;
    for (int i = 1; i <= 2; ++i) {
      const ExactOutcome outcome = Of(*node.children[i], i == 1 ? &lower : &upper);
      if (outcome != ExactOutcome::kValue) return outcome;
    }
    constexpr int64_t kMost = 1'000'000;
    if (!lower.IsIntegerWithin(-kMost, kMost) || !upper.IsIntegerWithin(-kMost, kMost)) {
      return ExactOutcome::kNotRational;
    }
    const int64_t last = upper.ToInteger();
    const bool is_sum = node.name == "sum";
    Rational total(is_sum ? 0 : 1), part;
    for (int64_t i = lower.ToInteger(); i <= last; ++i) {
      point_.Bind(node.children[0]->name, Rational(i));
      const ExactOutcome outcome = Of(*node.children[3], &part);
      point_.Release();
      if (outcome != ExactOutcome::kValue) return outcome;
      if (!Fits(total, part)) return ExactOutcome::kNotRational;
      total = is_sum ? total + part : total * part;
    }
    *value = std::move(total);
    return ExactOutcome::kValue;
  }

  SamplePoint& point_;
  Budget& budget_;
};

}  // namespace

ExactOutcome ExactPower(const Rational& base, const Rational& exponent, Budget& budget,
                        Rational* value) {
  if (exponent.IsZero() || base.IsOne()) {
    *value = Rational(1);
    return ExactOutcome::kValue;
  }
  if (base.IsZero()) {
    if (exponent.Sign() < 0) return ExactOutcome::kUndefined;
    *value = Rational(0);
    return ExactOutcome::kValue;
  }
  constexpr int64_t kMost = 1 << 20;
  Rational numerator, denominator;
  fmpz_set(numerator.numerator(), exponent.numerator());
  fmpz_set(denominator.numerator(), exponent.denominator());
  if (!denominator.IsIntegerWithin(1, 1000)) return ExactOutcome::kNotRational;
  if (!numerator.IsIntegerWithin(-kMost, kMost)) {
    if (!(base == Rational(-1)) || !denominator.IsOne()) return ExactOutcome::kNotRational;
    *value = Rational(fmpz_is_even(numerator.numerator()) ? 1 : -1);
    return ExactOutcome::kValue;
  }
  const int64_t index = denominator.ToInteger(), power = numerator.ToInteger();
  Rational root = base;
  if (index > 1) {
    if (base.Sign() < 0 && index % 2 == 0) return ExactOutcome::kNotRational;
    if (!budget.Take(base.Bits())) return ExactOutcome::kNotRational;
    const Rational magnitude = base.Sign() < 0 ? -base : base;
    if (!ExactRoot(magnitude.numerator(), index, fmpq_numref(root.get())) ||
        !ExactRoot(magnitude.denominator(), index, fmpq_denref(root.get()))) {
      return ExactOutcome::kNotRational;
    }
    if (base.Sign() < 0) root = -root;
  }
  // 2^k has one bit more than k, 1^k one.
  if (root.Bits() * std::llabs(power) > kMaximumExactBits) {
    if (root == Rational(-1) || root.IsOne()) {
      *value = Rational(power % 2 == 0 ? 1 : root.Sign());
      return ExactOutcome::kValue;
    }
    return ExactOutcome::kNotRational;
  }
  if (!budget.Take(root.Bits() * std::llabs(power) / 16)) return ExactOutcome::kNotRational;
  Rational result;
  fmpq_pow_si(result.get(), root.get(), power);
  *value = std::move(result);
  return ExactOutcome::kValue;
}

ExactOutcome ExactValue(const Node& node, SamplePoint& point, Budget& budget, Rational* value) {
  return ExactEvaluator(point, budget).Of(node, value);
}

}  // namespace gyre::rewarder::math
