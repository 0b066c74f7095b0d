#include "rewarder/math/ball_function.h"

#include <acb.h>
#include <arb.h>

#include <iterator>

#include "absl/strings/string_view.h"

namespace gyre::rewarder::math {
namespace {

using Unary = void (*)(acb_t, const acb_t, slong);

struct NamedUnary {
  absl::string_view name;
  Unary function;
};

constexpr NamedUnary kUnary[] = {
    {"sin", acb_sin},     {"cos", acb_cos},     {"tan", acb_tan},   {"cot", acb_cot},
    {"sec", acb_sec},     {"csc", acb_csc},     {"asin", acb_asin}, {"acos", acb_acos},
    {"atan", acb_atan},   {"sinh", acb_sinh},   {"cosh", acb_cosh}, {"tanh", acb_tanh},
    {"coth", acb_coth},   {"sech", acb_sech},   {"csch", acb_csch}, {"asinh", acb_asinh},
    {"acosh", acb_acosh}, {"atanh", acb_atanh}, {"exp", acb_exp},
};

// Of the largest argument that the gamma function is asked for; it takes time with its size.
constexpr double kMaximumFactorial = 1e15;

bool IsSmall(const Ball& ball, double limit) {
  mag_t bound;
  mag_init(bound);
  acb_get_mag(bound, ball.get());
  const bool is_small = mag_cmp_2exp_si(bound, 60) < 0 && mag_get_d(bound) < limit;
  mag_clear(bound);
  return is_small;
}

bool Gamma(const Ball& of, int64_t precision, Ball* value) {
  if (!IsSmall(of, kMaximumFactorial)) return false;
  acb_gamma(value->get(), of.get(), precision);
  return true;
}

bool Factorial(const Ball& of, int64_t precision, Ball* value) {
  Ball next;
  acb_add_si(next.get(), of.get(), 1, precision);
  return Gamma(next, precision, value);
}

bool Binomial(const Ball& n, const Ball& k, int64_t precision, Ball* value) {
  Ball rest, above, below, last;
  acb_sub(rest.get(), n.get(), k.get(), precision);
  if (!Factorial(n, precision, &above) || !Factorial(k, precision, &below) ||
      !Factorial(rest, precision, &last)) {
    return false;
  }
  acb_mul(below.get(), below.get(), last.get(), precision);
  if (below.MayBeZero()) return false;
  acb_div(value->get(), above.get(), below.get(), precision);
  return true;
}

// Floor and ceiling where the ball does not touch a step.
bool Rounded(const Ball& of, bool down, int64_t precision, Ball* value) {
  if (!of.IsReal()) return false;
  if (down) {
    arb_floor(value->real(), of.real(), precision);
  } else {
    arb_ceil(value->real(), of.real(), precision);
  }
  return arb_is_exact(value->real()) != 0;
}

bool Logarithm(const Ball& of, int64_t precision, Ball* value) {
  if (of.MayBeZero()) return false;
  acb_log(value->get(), of.get(), precision);
  return true;
}

bool Extremum(const std::vector<Ball>& arguments, bool is_most, int64_t precision, Ball* value) {
  for (const Ball& argument : arguments) {
    if (!argument.IsReal()) return false;
  }
  arb_set(value->real(), arguments[0].real());
  for (size_t i = 1; i < arguments.size(); ++i) {
    if (is_most) {
      arb_max(value->real(), value->real(), arguments[i].real(), precision);
    } else {
      arb_min(value->real(), value->real(), arguments[i].real(), precision);
    }
  }
  return true;
}

bool OfPair(const std::string& name, const Ball& a, const Ball& b, int64_t precision, Ball* value) {
  if (name == "binomial") return Binomial(a, b, precision, value);
  if (name == "log") {
    Ball below;
    if (!Logarithm(a, precision, value) || !Logarithm(b, precision, &below) || below.MayBeZero()) {
      return false;
    }
    acb_div(value->get(), value->get(), below.get(), precision);
    return true;
  }
  if (name == "mod") {
    Ball quotient, whole;
    if (b.MayBeZero()) return false;
    acb_div(quotient.get(), a.get(), b.get(), precision);
    if (!Rounded(quotient, true, precision, &whole)) return false;
    acb_mul(whole.get(), whole.get(), b.get(), precision);
    acb_sub(value->get(), a.get(), whole.get(), precision);
    return true;
  }
  return false;
}

// One over the argument, for acot, asec and acsc.
bool OfInverse(const std::string& name, const Ball& of, int64_t precision, Ball* value) {
  if (of.MayBeZero()) return false;
  Ball inverse;
  acb_inv(inverse.get(), of.get(), precision);
  if (name == "acot") {
    acb_atan(value->get(), inverse.get(), precision);
  } else if (name == "asec") {
    acb_acos(value->get(), inverse.get(), precision);
  } else {
    acb_asin(value->get(), inverse.get(), precision);
  }
  return true;
}

bool OfOne(const std::string& name, const Ball& of, int64_t precision, Ball* value) {
  for (const NamedUnary& unary : kUnary) {
    if (unary.name != name) continue;
    if (!IsSmall(of, 1e18) && !(name == "atan" || name == "asinh")) return false;
    unary.function(value->get(), of.get(), precision);
    return true;
  }
  if (name == "log") return Logarithm(of, precision, value);
  if (name == "lg") {
    Ball ten;
    acb_set_si(ten.get(), 10);
    return OfPair("log", of, ten, precision, value);
  }
  if (name == "abs" || name == "norm") {
    acb_abs(value->real(), of.get(), precision);
  } else if (name == "re") {
    arb_set(value->real(), of.real());
  } else if (name == "im") {
    arb_set(value->real(), of.imaginary());
  } else if (name == "conj") {
    acb_conj(value->get(), of.get());
  } else if (name == "arg") {
    if (of.MayBeZero()) return false;
    acb_arg(value->real(), of.get(), precision);
  } else if (name == "sgn") {
    if (!of.IsReal() || of.MayBeZero()) return false;
    arb_sgn(value->real(), of.real());
  } else if (name == "floor" || name == "ceil") {
    return Rounded(of, name == "floor", precision, value);
  } else if (name == "factorial") {
    return Factorial(of, precision, value);
  } else if (name == "acot" || name == "asec" || name == "acsc") {
    return OfInverse(name, of, precision, value);
  } else {
    return false;
  }
  return true;
}

}  // namespace

bool GrowsExponentially(const std::string& name) {
  for (const absl::string_view grows : {"exp", "sinh", "cosh", "tanh", "coth", "sech", "csch"}) {
    if (name == grows) return true;
  }
  return false;
}

bool RationalPower(const Ball& base, const Rational& exponent, int64_t precision, Ball* value) {
  if (exponent.IsInteger()) {
    if (exponent.Sign() < 0 && base.MayBeZero()) return false;
    acb_pow_fmpz(value->get(), base.get(), exponent.numerator(), precision);
    return true;
  }
  if (base.MayBeZero()) {
    if (!acb_is_zero(base.get()) || exponent.Sign() < 0) return false;
    acb_zero(value->get());
    return true;
  }
  const bool is_odd = fmpz_is_odd(exponent.denominator()) != 0;
  const bool is_negative = base.IsReal() && arb_is_negative(base.real()) != 0;
  Ball magnitude, power;
  if (is_odd && is_negative) {
    acb_neg(magnitude.get(), base.get());
  } else {
    acb_set(magnitude.get(), base.get());
  }
  if (fmpz_is_one(exponent.numerator()) && fmpz_equal_si(exponent.denominator(), 2)) {
    acb_sqrt(value->get(), magnitude.get(), precision);
  } else {
    arb_set_fmpq(power.real(), exponent.get(), precision);
    acb_pow(value->get(), magnitude.get(), power.get(), precision);
  }
  if (is_odd && is_negative && fmpz_is_odd(exponent.numerator()))
    acb_neg(value->get(), value->get());
  return true;
}

bool BallFunction(const std::string& name, const std::vector<Ball>& arguments, int64_t precision,
                  Ball* value) {
  if (arguments.empty()) return false;
  acb_zero(value->get());
  if (name == "max" || name == "min") return Extremum(arguments, name == "max", precision, value);
  if (arguments.size() == 1) return OfOne(name, arguments[0], precision, value);
  if (arguments.size() == 2) return OfPair(name, arguments[0], arguments[1], precision, value);
  return false;
}

}  // namespace gyre::rewarder::math
