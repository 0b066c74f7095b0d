#include "rewarder/math/value_equality.h"

#include <algorithm>
#include <cmath>

#include "rewarder/math/ball_value.h"
#include "rewarder/math/constant_equality.h"
#include "rewarder/math/exact_value.h"

namespace gyre::rewarder::math {
namespace {

constexpr Finding kCannotTell = {Sameness::kUnknown, "cannot tell"};
constexpr int kPoints = 4;        // at which values have to agree
constexpr int kTriedPoints = 24;  // to find so many

// What two values at one point say.
enum class PointResult { kAgree, kDiffer, kNoValue, kAgreeComplex };

// Compares two expressions at points.
class PointComparison {
 public:
  PointComparison(const Node& a, const Node& b, Budget& budget) : a_(a), b_(b), budget_(budget) {
    CollectCounters(a, false, &counters_);
    CollectCounters(b, false, &counters_);
  }

  Finding Run() {
    int agreed = 0, exact = 0, complex = 0, undefined_differently = 0;
    for (uint64_t number = 0; number < kTriedPoints && agreed < kPoints; ++number) {
      if (budget_.IsSpent()) return kCannotTell;
      SamplePoint point(number, &counters_);
      bool is_exact = false;
      switch (At(point, &is_exact)) {
        case PointResult::kDiffer:
          return {Sameness::kDifferent, "values differ"};
        case PointResult::kAgree:
          ++agreed;
          exact += is_exact;
          break;
        case PointResult::kAgreeComplex:
          ++complex;
          break;
        case PointResult::kNoValue:
          ++undefined_differently;
          break;
      }
    }
    if (agreed >= kPoints || (agreed >= 1 && undefined_differently == 0 && complex > 0)) {
      return {Sameness::kEqual, exact == agreed ? "identity" : "numeric identity"};
    }
    if (complex_differs_ && agreed == 0) return {Sameness::kDifferent, "values differ"};
    if (agreed + complex >= kPoints) return {Sameness::kEqual, "numeric identity"};
    return kCannotTell;
  }

 private:
  PointResult At(SamplePoint& point, bool* is_exact) {
    Rational left, right;
    const ExactOutcome left_outcome = ExactValue(a_, point, budget_, &left);
    const ExactOutcome right_outcome = left_outcome == ExactOutcome::kNotRational
                                           ? left_outcome
                                           : ExactValue(b_, point, budget_, &right);
    if (left_outcome == ExactOutcome::kUndefined || right_outcome == ExactOutcome::kUndefined) {
      return PointResult::kNoValue;
    }
    if (left_outcome == ExactOutcome::kValue && right_outcome == ExactOutcome::kValue) {
      *is_exact = true;
      return left == right ? PointResult::kAgree : PointResult::kDiffer;
    }
    PointResult result = AtPrecision(point, 96);
    if (result == PointResult::kAgree || result == PointResult::kAgreeComplex) {
      result = AtPrecision(point, 768);
    }
    return result;
  }

  PointResult AtPrecision(SamplePoint& point, int64_t precision) {
    Ball left, right;
    BallFacts facts;
    if (!BallValue(a_, point, precision, budget_, &left, &facts) ||
        !BallValue(b_, point, precision, budget_, &right, &facts)) {
      return PointResult::kNoValue;
    }
    const bool are_real = left.MayBeReal() && right.MayBeReal();
    if (!left.Overlaps(right)) {
      if (are_real) return PointResult::kDiffer;
      complex_differs_ = true;
      return PointResult::kNoValue;
    }
    // What is not known to some digits agrees with everything.
    const auto needed = static_cast<slong>(precision / 2);
    if (acb_rel_accuracy_bits(left.get()) < needed && !IsTiny(left, needed))
      return PointResult::kNoValue;
    if (acb_rel_accuracy_bits(right.get()) < needed && !IsTiny(right, needed))
      return PointResult::kNoValue;
    if (facts.magnitude > static_cast<double>(precision) / 4) return PointResult::kNoValue;
    return are_real ? PointResult::kAgree : PointResult::kAgreeComplex;
  }

  static bool IsTiny(const Ball& ball, slong bits) {
    mag_t bound;
    mag_init(bound);
    acb_get_mag(bound, ball.get());
    const bool is_tiny = mag_cmp_2exp_si(bound, -bits) < 0;
    mag_clear(bound);
    return is_tiny;
  }

  const Node& a_;
  const Node& b_;
  Budget& budget_;
  std::set<std::string> counters_;
  bool complex_differs_ = false;
};

bool HasSymbols(const Node& a, const Node& b) {
  std::set<std::string> symbols;
  CollectSymbols(a, &symbols);
  CollectSymbols(b, &symbols);
  return !symbols.empty();
}

}  // namespace

Finding CompareValues(const Node& a, const Node& b, NodeStore& store, Budget& budget) {
  if (HasSymbols(a, b)) return PointComparison(a, b, budget).Run();
  return CompareConstants(a, b, store, budget);
}

Finding CompareUpToFactor(const Node& a, const Node& b, NodeStore& store, Budget& budget,
                          int* sign) {
  *sign = 0;
  std::set<std::string> counters;
  Rational factor;
  Ball factor_ball;
  bool has_exact = false, has_ball = false;
  int agreed = 0;
  for (uint64_t number = 0; number < kTriedPoints && agreed < kPoints; ++number) {
    SamplePoint point(number, &counters);
    Rational left, right;
    if (ExactValue(a, point, budget, &left) == ExactOutcome::kValue &&
        ExactValue(b, point, budget, &right) == ExactOutcome::kValue) {
      if (left.IsZero() != right.IsZero()) return {Sameness::kDifferent, "equations differ"};
      if (left.IsZero()) continue;
      if (has_exact && !(left / right == factor)) return {Sameness::kDifferent, "equations differ"};
      factor = left / right;
      has_exact = true;
      *sign = factor.Sign();
      ++agreed;
      continue;
    }
    constexpr int64_t kPrecision = 512;
    Ball left_ball, right_ball;
    BallFacts facts;
    if (!BallValue(a, point, kPrecision, budget, &left_ball, &facts) ||
        !BallValue(b, point, kPrecision, budget, &right_ball, &facts) || right_ball.MayBeZero() ||
        !left_ball.MayBeReal() || !right_ball.MayBeReal()) {
      continue;
    }
    acb_div(left_ball.get(), left_ball.get(), right_ball.get(), kPrecision);
    if (has_ball && !left_ball.Overlaps(factor_ball))
      return {Sameness::kDifferent, "equations differ"};
    if (left_ball.MayBeZero() || acb_rel_accuracy_bits(left_ball.get()) < kPrecision / 2) continue;
    *sign = arb_is_positive(left_ball.real()) != 0   ? 1
            : arb_is_negative(left_ball.real()) != 0 ? -1
                                                     : 0;
    factor_ball = std::move(left_ball);
    has_ball = true;
    ++agreed;
  }
  if (store.is_full() || agreed < kPoints - 1 || (has_ball && has_exact)) return kCannotTell;
  return {Sameness::kEqual, "same equation"};
}

int CompareOrder(const Node& a, const Node& b, NodeStore& store, Budget& budget) {
  if (HasSymbols(a, b)) return 2;
  const Finding finding = CompareConstants(a, b, store, budget);
  if (finding.sameness == Sameness::kEqual) return 0;
  if (finding.sameness == Sameness::kUnknown) return 2;
  const std::set<std::string> none;
  SamplePoint nowhere(0, &none);
  Rational left, right;
  if (ExactValue(a, nowhere, budget, &left) == ExactOutcome::kValue &&
      ExactValue(b, nowhere, budget, &right) == ExactOutcome::kValue) {
    return left < right ? -1 : 1;
  }
  for (const int64_t precision : {64, 512, 4096}) {
    Ball left_ball, right_ball;
    BallFacts facts;
    if (!BallValue(a, nowhere, precision, budget, &left_ball, &facts) ||
        !BallValue(b, nowhere, precision, budget, &right_ball, &facts) || !left_ball.MayBeReal() ||
        !right_ball.MayBeReal()) {
      return 2;
    }
    if (arb_lt(left_ball.real(), right_ball.real())) return -1;
    if (arb_gt(left_ball.real(), right_ball.real())) return 1;
  }
  return 2;
}

}  // namespace gyre::rewarder::math
