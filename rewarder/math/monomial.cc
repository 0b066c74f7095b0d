#include "rewarder/math/monomial.h"

#include <flint/ulong_extras.h>

#include "rewarder/math/exact_value.h"

namespace gyre::rewarder::math {
namespace {

constexpr int64_t kMaximumExponentBits = 1 << 16;
constexpr int kMaximumFactorDepth = 40;

void MultiplyBy(uint64_t prime, const Rational& exponent, Monomial* product) {
  Rational& sum = product->exponents[prime];
  sum = sum + exponent;
  if (sum.IsZero()) product->exponents.erase(prime);
}

// Factors |integer|; false if it is too large for that to be quick.
bool MultiplyByInteger(const fmpz* integer, int64_t power, Budget& budget, Monomial* product) {
  constexpr flint_bitcnt_t kMostBits = 50;
  if (fmpz_is_zero(integer) || fmpz_bits(integer) > kMostBits || !budget.Take(50)) return false;
  const auto magnitude =
      static_cast<uint64_t>(fmpz_sgn(integer) < 0 ? -fmpz_get_si(integer) : fmpz_get_si(integer));
  n_factor_t factors;
  n_factor_init(&factors);
  if (fmpz_bits(integer) > 20 && !budget.Take(300)) return false;
  n_factor(&factors, magnitude, 1);
  for (int i = 0; i < factors.num; ++i) {
    MultiplyBy(factors.p[i], Rational(static_cast<int64_t>(factors.exp[i]) * power), product);
  }
  return true;
}

class MonomialReader {
 public:
  explicit MonomialReader(Budget& budget) : budget_(budget) {}

  bool Multiply(const Node& node, const Rational& power, int depth, Monomial* product) {
    if (depth > kMaximumFactorDepth || !budget_.Take(4)) return false;
    switch (node.kind) {
      case Kind::kNumber:
        return MultiplyNumber(node.number, power, product);
      case Kind::kMultiply:
        for (const Node* child : node.children) {
          if (!Multiply(*child, power, depth + 1, product)) return false;
        }
        return true;
      case Kind::kNegate:
        return Flip(power, product) && Multiply(*node.children[0], power, depth + 1, product);
      case Kind::kDivide:
        return Multiply(*node.children[0], power, depth + 1, product) &&
               Multiply(*node.children[1], -power, depth + 1, product);
      case Kind::kWithUnit:
        return Multiply(*node.children[0], power, depth + 1, product);
      case Kind::kPower:
      case Kind::kRoot:
        return MultiplyPower(node, power, depth, product);
      case Kind::kAdd:
      case Kind::kCall:
        return MultiplyExact(node, power, product);
      default:
        return false;
    }
  }

 private:
  // (-1)^power
  static bool Flip(const Rational& power, Monomial* product) {
    if (fmpz_is_even(power.denominator())) return false;
    if (fmpz_is_odd(power.numerator())) product->sign = -product->sign;
    return true;
  }

  bool MultiplyNumber(const Rational& number, const Rational& power, Monomial* product) {
    if (number.IsZero()) return false;
    if (number.Sign() < 0 && !Flip(power, product)) return false;
    Monomial factors;
    if (!MultiplyByInteger(number.numerator(), 1, budget_, &factors) ||
        !MultiplyByInteger(number.denominator(), -1, budget_, &factors)) {
      return false;
    }
    for (const auto& [prime, exponent] : factors.exponents) {
      MultiplyBy(prime, exponent * power, product);
    }
    return true;
  }

  bool MultiplyExact(const Node& node, const Rational& power, Monomial* product) {
    static const std::set<std::string>& none = *new std::set<std::string>;
    SamplePoint nowhere(0, &none);
    Rational value;
    std::set<std::string> symbols;
    CollectSymbols(node, &symbols);
    return symbols.empty() && ExactValue(node, nowhere, budget_, &value) == ExactOutcome::kValue &&
           MultiplyNumber(value, power, product);
  }

  bool MultiplyPower(const Node& node, const Rational& power, int depth, Monomial* product) {
    static const std::set<std::string>& none = *new std::set<std::string>;
    SamplePoint nowhere(0, &none);
    std::set<std::string> symbols;
    CollectSymbols(*node.children[1], &symbols);
    Rational exponent;
    if (!symbols.empty() ||
        ExactValue(*node.children[1], nowhere, budget_, &exponent) != ExactOutcome::kValue) {
      return false;
    }
    if (node.kind == Kind::kRoot) {
      if (!exponent.IsIntegerWithin(1, 1000)) return false;
      exponent = Rational(1) / exponent;
    }
    if (exponent.Bits() + power.Bits() > kMaximumExponentBits ||
        !budget_.Take(exponent.Bits() / 8)) {
      return false;
    }
    Monomial base;
    if (!Multiply(*node.children[0], Rational(1), depth + 1, &base)) return false;
    if (base.sign < 0) {
      // The power first, then what stands around it: ((-2)^2)^(1/2) is 2.
      Monomial sign;
      if (!Flip(exponent, &sign)) return false;
      if (sign.sign < 0 && !Flip(power, product)) return false;
    }
    const Rational both = exponent * power;
    for (const auto& [prime, inner] : base.exponents) MultiplyBy(prime, inner * both, product);
    return true;
  }

  Budget& budget_;
};

}  // namespace

std::optional<Monomial> MonomialOf(const Node& node, Budget& budget) {
  Monomial monomial;
  if (!MonomialReader(budget).Multiply(node, Rational(1), 0, &monomial)) return std::nullopt;
  return monomial;
}

}  // namespace gyre::rewarder::math
