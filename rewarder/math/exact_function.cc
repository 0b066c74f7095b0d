#include "rewarder/math/exact_function.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace gyre::rewarder::math {
namespace {

constexpr ExactOutcome kNot = ExactOutcome::kNotRational;

ExactOutcome Given(Rational result, Rational* value) {
  *value = std::move(result);
  return ExactOutcome::kValue;
}

Rational Floor(const Rational& of) {
  Rational result;
  fmpz_fdiv_q(result.numerator(), of.numerator(), of.denominator());
  return result;
}

double Logarithm(const Rational& of) {
  return fmpz_dlog(of.numerator()) - fmpz_dlog(of.denominator());
}

// log_base(of) = p/q exactly when of^q = base^p.
ExactOutcome ExactLogarithm(const Rational& of, const Rational& base, Budget& budget,
                            Rational* value) {
  if (of.Sign() <= 0 || base.Sign() <= 0 || base.IsOne()) return kNot;
  if (of.IsOne()) return Given(Rational(0), value);
  if (of.Bits() > 4000 || base.Bits() > 4000 || !budget.Take(100)) return kNot;
  const double ratio = Logarithm(of) / Logarithm(base);
  for (int64_t q = 1; q <= 12; ++q) {
    const double p = std::round(ratio * static_cast<double>(q));
    if (std::fabs(p) > 4000 || std::fabs(ratio * static_cast<double>(q) - p) > 1e-9) continue;
    Rational left, right;
    if (ExactPower(of, Rational(q), budget, &left) != ExactOutcome::kValue ||
        ExactPower(base, Rational(static_cast<int64_t>(p)), budget, &right) !=
            ExactOutcome::kValue) {
      return kNot;
    }
    if (left == right) return Given(Rational(static_cast<int64_t>(p), q), value);
  }
  return kNot;
}

ExactOutcome ExactFactorial(const Rational& of, int64_t step, Budget& budget, Rational* value) {
  constexpr int64_t kMost = 5'000;
  if (!of.IsIntegerWithin(0, kMost) || !budget.Take(of.ToInteger())) return kNot;
  Rational result(1);
  if (step == 1) {
    fmpz_fac_ui(result.numerator(), static_cast<ulong>(of.ToInteger()));
  } else {
    for (int64_t i = of.ToInteger(); i > 1; i -= step) {
      fmpz_mul_si(result.numerator(), result.numerator(), i);
    }
  }
  return Given(std::move(result), value);
}

ExactOutcome ExactBinomial(const Rational& n, const Rational& k, Budget& budget, Rational* value) {
  constexpr int64_t kMost = 10'000;
  if (!n.IsIntegerWithin(0, kMost) || !k.IsIntegerWithin(0, kMost)) return kNot;
  if (n < k) return Given(Rational(0), value);
  if (!budget.Take(n.ToInteger() * 2)) return kNot;
  Rational result(1);
  fmpz_bin_uiui(result.numerator(), static_cast<ulong>(n.ToInteger()),
                static_cast<ulong>(k.ToInteger()));
  return Given(std::move(result), value);
}

ExactOutcome OfPair(const std::string& name, const Rational& a, const Rational& b,
                    Rational* value) {
  if (name == "mod") {
    if (b.IsZero()) return ExactOutcome::kUndefined;
    return Given(a - b * Floor(a / b), value);
  }
  if (name == "gcd") {
    Rational result;
    fmpq_gcd(result.get(), a.get(), b.get());
    return Given(std::move(result), value);
  }
  if (a.IsZero() || b.IsZero()) return Given(Rational(0), value);
  Rational common;
  fmpq_gcd(common.get(), a.get(), b.get());
  const Rational least = a / common * b;
  return Given(least.Sign() < 0 ? -least : least, value);
}

}  // namespace

ExactOutcome ExactFunction(const std::string& name, const std::vector<Rational>& arguments,
                           Budget& budget, Rational* value) {
  if (arguments.empty()) return kNot;
  const Rational& first = arguments[0];
  if (name == "max" || name == "min") {
    const auto [least, most] = std::minmax_element(arguments.begin(), arguments.end());
    return Given(name == "max" ? *most : *least, value);
  }
  if (name == "gcd" || name == "lcm") {
    *value = first;
    for (size_t i = 1; i < arguments.size(); ++i) {
      if (value->Bits() + arguments[i].Bits() > kMaximumExactBits / 4 ||
          !budget.Take(value->Bits() + arguments[i].Bits()) ||
          OfPair(name, Rational(*value), arguments[i], value) != ExactOutcome::kValue) {
        return kNot;
      }
    }
    return ExactOutcome::kValue;
  }
  if (arguments.size() == 2) {
    if (first.Bits() + arguments[1].Bits() > kMaximumExactBits) return kNot;
    if (name == "mod") return OfPair(name, first, arguments[1], value);
    if (name == "binomial") return ExactBinomial(first, arguments[1], budget, value);
    if (name == "log") return ExactLogarithm(first, arguments[1], budget, value);
    return kNot;
  }
  if (arguments.size() != 1) return kNot;
  if (name == "abs") return Given(first.Sign() < 0 ? -first : first, value);
  if (name == "re" || name == "conj") return Given(first, value);
  if (name == "im") return Given(Rational(0), value);
  if (name == "sgn") return Given(Rational(first.Sign()), value);
  if (name == "floor") return Given(Floor(first), value);
  if (name == "ceil") return Given(-Floor(-first), value);
  if (name == "factorial") return ExactFactorial(first, 1, budget, value);
  if (name == "double_factorial") return ExactFactorial(first, 2, budget, value);
  if (name == "lg") return ExactLogarithm(first, Rational(10), budget, value);
  if (name == "log" && first.IsOne()) return Given(Rational(0), value);
  if (first.IsZero()) {
    for (const char* odd : {"sin", "tan", "asin", "atan", "sinh", "tanh", "asinh", "atanh"}) {
      if (name == odd) return Given(Rational(0), value);
    }
    if (name == "cos" || name == "exp" || name == "cosh" || name == "sec")
      return Given(Rational(1), value);
  }
  return kNot;
}

}  // namespace gyre::rewarder::math
