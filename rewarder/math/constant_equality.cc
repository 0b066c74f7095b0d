#include "rewarder/math/constant_equality.h"

#include <optional>

#include "rewarder/math/ball_value.h"
#include "rewarder/math/exact_value.h"
#include "rewarder/math/monomial.h"
#include "rewarder/math/separation.h"

namespace gyre::rewarder::math {
namespace {

constexpr Finding kUnknownConstant = {Sameness::kUnknown, "cannot tell"};

Finding Decided(bool are_equal, const char* rule) {
  return {are_equal ? Sameness::kEqual : Sameness::kDifferent, rule};
}

// Encloses both and looks whether they touch.
class BallComparison {
 public:
  BallComparison(const Node& a, const Node& b, Budget& budget)
      : a_(a), b_(b), budget_(budget), nowhere_(0, &none_) {}

  enum class Result { kApart, kTouch, kNoValue };

  Result At(int64_t precision) {
    Ball left, right;
    facts_ = BallFacts();
    if (!BallValue(a_, nowhere_, precision, budget_, &left, &facts_) ||
        !BallValue(b_, nowhere_, precision, budget_, &right, &facts_)) {
      return Result::kNoValue;
    }
    if (!left.Overlaps(right)) return Result::kApart;
    acb_sub(difference_.get(), left.get(), right.get(), precision);
    return Result::kTouch;
  }

  // Whether the difference found last is less than 2^-bits.
  bool IsWithin(double bits) const {
    mag_t bound;
    mag_init(bound);
    acb_get_mag(bound, difference_.get());
    const bool is_within = mag_cmp_2exp_si(bound, -static_cast<slong>(bits)) < 0;
    mag_clear(bound);
    return is_within;
  }

  double magnitude() const { return facts_.magnitude; }

 private:
  const Node& a_;
  const Node& b_;
  Budget& budget_;
  const std::set<std::string> none_;
  SamplePoint nowhere_;
  BallFacts facts_;
  Ball difference_;
};

// Exact arithmetic where both values are rational.
std::optional<Finding> CompareRationals(const Node& a, const Node& b, Budget& budget) {
  const std::set<std::string> none;
  SamplePoint nowhere(0, &none);
  Rational left, right;
  const ExactOutcome left_outcome = ExactValue(a, nowhere, budget, &left);
  const ExactOutcome right_outcome = ExactValue(b, nowhere, budget, &right);
  if (left_outcome == ExactOutcome::kUndefined || right_outcome == ExactOutcome::kUndefined) {
    const bool are_both = left_outcome == right_outcome;
    return are_both ? kUnknownConstant : Finding{Sameness::kDifferent, "undefined"};
  }
  if (left_outcome != ExactOutcome::kValue || right_outcome != ExactOutcome::kValue)
    return std::nullopt;
  return Decided(left == right, "exact");
}

Finding CompareByBalls(const Node& a, const Node& b, NodeStore& store, Budget& budget) {
  BallComparison balls(a, b, budget);
  using Result = BallComparison::Result;
  Result result = balls.At(64);
  if (result == Result::kTouch) result = balls.At(256);
  if (result == Result::kApart) return {Sameness::kDifferent, "values differ"};
  if (result == Result::kNoValue) return kUnknownConstant;
  constexpr double kMostSeparationBits = 12'000;
  const Node* difference = store.Add(Kind::kAdd, {&a, store.Add(Kind::kNegate, {&b})});
  if (store.is_full()) return kUnknownConstant;
  const std::optional<double> bits = SeparationBits(*difference, budget);
  if (bits && *bits <= kMostSeparationBits) {
    for (double precision = *bits + 64; precision <= 4 * kMostSeparationBits; precision *= 2) {
      result = balls.At(static_cast<int64_t>(precision));
      if (result == Result::kApart) return {Sameness::kDifferent, "values differ"};
      if (result == Result::kNoValue) return kUnknownConstant;
      if (balls.IsWithin(*bits)) return {Sameness::kEqual, "algebraic"};
    }
    return kUnknownConstant;
  }
  for (const int64_t precision : {int64_t{1024}, kNumericBits}) {
    result = balls.At(precision);
    if (result == Result::kApart) return {Sameness::kDifferent, "values differ"};
    if (result == Result::kNoValue) return kUnknownConstant;
  }
  constexpr double kMostMagnitude = 256;
  if (balls.magnitude() > kMostMagnitude || !balls.IsWithin(kNumericBits / 2.0))
    return kUnknownConstant;
  return {Sameness::kEqual, "numeric"};
}

}  // namespace

Finding CompareConstants(const Node& a, const Node& b, NodeStore& store, Budget& budget) {
  if (const auto finding = CompareRationals(a, b, budget)) return *finding;
  const std::optional<Monomial> left = MonomialOf(a, budget);
  if (left) {
    const std::optional<Monomial> right = MonomialOf(b, budget);
    if (right) return Decided(*left == *right, "prime powers");
  }
  Finding finding = CompareByBalls(a, b, store, budget);
  if (finding.sameness != Sameness::kUnknown) return finding;
  // Towers: c^x and c^y are equal when x and y are.
  if (a.kind == Kind::kPower && b.kind == Kind::kPower) {
    const auto base_a = MonomialOf(*a.children[0], budget),
               base_b = MonomialOf(*b.children[0], budget);
    const bool is_base =
        base_a && base_b && *base_a == *base_b && base_a->sign > 0 && !base_a->exponents.empty();
    if (is_base) return CompareConstants(*a.children[1], *b.children[1], store, budget);
  }
  return finding;
}

}  // namespace gyre::rewarder::math
