#include "rewarder/math/ball_value.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "rewarder/math/ball_function.h"
#include "rewarder/math/exact_value.h"

namespace gyre::rewarder::math {
namespace {

class BallEvaluator {
 public:
  BallEvaluator(SamplePoint& point, int64_t precision, Budget& budget, BallFacts* facts)
      : point_(point), precision_(precision), budget_(budget), facts_(facts) {}

  bool Of(const Node& node, Ball* value) {
    if (!budget_.Take(8 + precision_ / 16) || !OfNode(node, value) || !value->IsFinite())
      return false;
    Note(*value);
    return true;
  }

 private:
  bool OfNode(const Node& node, Ball* value) {
    switch (node.kind) {
      case Kind::kNumber:
        Set(node.number, value);
        return true;
      case Kind::kSymbol:
      case Kind::kText:
        Set(point_.ValueOf(node.name), value);
        return true;
      case Kind::kPi:
        acb_const_pi(value->get(), precision_);
        return true;
      case Kind::kEuler:
        arb_const_e(value->real(), precision_);
        return true;
      case Kind::kImaginary:
        acb_onei(value->get());
        return true;
      case Kind::kAdd:
      case Kind::kMultiply:
        return OfMany(node, value);
      case Kind::kNegate:
        if (!Of(*node.children[0], value)) return false;
        acb_neg(value->get(), value->get());
        return true;
      case Kind::kPercent:
        if (!Of(*node.children[0], value)) return false;
        acb_div_si(value->get(), value->get(), 100, precision_);
        return true;
      case Kind::kDegrees:
        return OfDegrees(*node.children[0], value);
      case Kind::kWithUnit:
        return Of(*node.children[0], value);
      case Kind::kSet:  // braces as brackets: \{1 + 2\} \{3 - 4\}
        if (node.children.size() != 1) return false;
        return Of(*node.children[0], value);
      case Kind::kDivide:
        return OfQuotient(node, value);
      case Kind::kPower:
        return OfPower(*node.children[0], *node.children[1], value);
      case Kind::kRoot:
        return OfRoot(node, value);
      case Kind::kCall:
        return OfCall(node, value);
      case Kind::kApply: {
        uint64_t hash = HashText(node.name);
        for (const Node* child : node.children) hash = MixHash(hash, Fingerprint(*child));
        Set(point_.ValueOfHash(hash), value);
        return true;
      }
      case Kind::kBinder:
        return OfBinder(node, value);
      default:
        return false;
    }
  }

  void Set(const Rational& number, Ball* value) {
    acb_zero(value->get());
    arb_set_fmpq(value->real(), number.get(), precision_);
  }

  // Keeps the largest magnitude in mind.
  void Note(const Ball& value) {
    mag_t bound;
    mag_init(bound);
    acb_get_mag(bound, value.get());
    if (!mag_is_zero(bound)) NoteMagnitude(std::fabs(mag_get_d_log2_approx(bound)));
    mag_clear(bound);
  }
  void NoteMagnitude(double magnitude) {
    facts_->magnitude = std::max(facts_->magnitude, magnitude);
  }

  bool OfMany(const Node& node, Ball* value) {
    const bool is_sum = node.kind == Kind::kAdd;
    Ball part;
    if (!Of(*node.children[0], value)) return false;
    for (size_t i = 1; i < node.children.size(); ++i) {
      if (!Of(*node.children[i], &part)) return false;
      if (is_sum) {
        acb_add(value->get(), value->get(), part.get(), precision_);
      } else {
        acb_mul(value->get(), value->get(), part.get(), precision_);
      }
    }
    return true;
  }

  bool OfDegrees(const Node& of, Ball* value) {
    if (!Of(of, value)) return false;
    Ball pi;
    acb_const_pi(pi.get(), precision_);
    acb_mul(value->get(), value->get(), pi.get(), precision_);
    acb_div_si(value->get(), value->get(), 180, precision_);
    return true;
  }

  bool OfQuotient(const Node& node, Ball* value) {
    Ball below;
    if (!Of(*node.children[0], value) || !Of(*node.children[1], &below)) return false;
    if (below.MayBeZero()) return false;
    acb_div(value->get(), value->get(), below.get(), precision_);
    return true;
  }

  bool OfRoot(const Node& node, Ball* value) {
    Rational index;
    Budget small(1000);
    Ball radicand;
    if (ExactValue(*node.children[1], point_, small, &index) != ExactOutcome::kValue ||
        index.IsZero() || index.Bits() > 64 || !Of(*node.children[0], &radicand)) {
      return false;
    }
    return RationalPower(radicand, Rational(1) / index, precision_, value);
  }

  bool OfPower(const Node& base, const Node& exponent, Ball* value) {
    Rational exact;
    Budget small(20'000);
    const bool has_exact = ExactValue(exponent, point_, small, &exact) == ExactOutcome::kValue;
    Ball base_ball;
    if (base.kind == Kind::kEuler) {
      Ball exponent_ball;
      if (!Of(exponent, &exponent_ball)) return false;
      NoteExponential(exponent_ball);
      acb_exp(value->get(), exponent_ball.get(), precision_);
      return true;
    }
    if (!Of(base, &base_ball)) return false;
    if (has_exact && exact.Bits() < 4'000)
      return RationalPower(base_ball, exact, precision_, value);
    Ball exponent_ball;
    if (!Of(exponent, &exponent_ball) || base_ball.MayBeZero()) return false;
    acb_pow(value->get(), base_ball.get(), exponent_ball.get(), precision_);
    return true;
  }

  bool OfCall(const Node& node, Ball* value) {
    std::vector<Ball> arguments(node.children.size());
    for (size_t i = 0; i < node.children.size(); ++i) {
      if (!Of(*node.children[i], &arguments[i])) return false;
      if (GrowsExponentially(node.name)) NoteExponential(arguments[i]);
    }
    return BallFunction(node.name, arguments, precision_, value);
  }

  void NoteExponential(const Ball& exponent) {
    mag_t bound;
    mag_init(bound);
    acb_get_mag(bound, exponent.get());
    NoteMagnitude(1.5 * mag_get_d(bound));
    mag_clear(bound);
  }

  bool OfBinder(const Node& node, Ball* value) {
    Rational lower, upper;
    Budget small(5'000);
    constexpr int64_t kMost = 1'000'000;
    if (ExactValue(*node.children[1], point_, small, &lower) != ExactOutcome::kValue ||
        ExactValue(*node.children[2], point_, small, &upper) != ExactOutcome::kValue ||
        !lower.IsIntegerWithin(-kMost, kMost) || !upper.IsIntegerWithin(-kMost, kMost)) {
      return false;
    }
    const bool is_sum = node.name == "sum";
    acb_set_si(value->get(), is_sum ? 0 : 1);
    Ball part;
    for (int64_t i = lower.ToInteger(), last = upper.ToInteger(); i <= last; ++i) {
      point_.Bind(node.children[0]->name, Rational(i));
      const bool is_good = Of(*node.children[3], &part);
      point_.Release();
      if (!is_good) return false;
      if (is_sum) {
        acb_add(value->get(), value->get(), part.get(), precision_);
      } else {
        acb_mul(value->get(), value->get(), part.get(), precision_);
      }
    }
    return true;
  }

  // Equal for expressions of equal value, whatever they look like.
  uint64_t Fingerprint(const Node& node) {
    constexpr int64_t kPrecision = 128;
    if (budget_.IsSpent()) return 0;
    Ball value;
    BallFacts unused;
    BallEvaluator evaluator(point_, kPrecision, budget_, &unused);
    if (evaluator.Of(node, &value)) {
      char text[80];
      const double real = Rounded(value.real()), imaginary = Rounded(value.imaginary());
      std::snprintf(text, sizeof(text), "%.10g %.10g", real, imaginary);
      return HashText(text);
    }
    uint64_t hash = MixHash(static_cast<uint64_t>(node.kind), HashText(node.name));
    for (const Node* child : node.children) hash = MixHash(hash, Fingerprint(*child));
    return hash;
  }
  static double Rounded(arb_srcptr number) {
    return arb_contains_zero(number) ? 0.0 : arf_get_d(arb_midref(number), ARF_RND_NEAR);
  }

  SamplePoint& point_;
  const int64_t precision_;
  Budget& budget_;
  BallFacts* facts_;
};

}  // namespace

bool BallValue(const Node& node, SamplePoint& point, int64_t precision, Budget& budget, Ball* value,
               BallFacts* facts) {
  return BallEvaluator(point, precision, budget, facts).Of(node, value);
}

}  // namespace gyre::rewarder::math
