#pragma once

#include <flint/fmpq.h>
#include <flint/fmpz.h>

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace gyre::rewarder::math {

// An exact rational number, always in lowest terms. Whoever computes with it looks at Bits() first:
// FLINT ends the process when a number does not fit the memory.
class Rational {
 public:
  Rational() { fmpq_init(value_); }
  explicit Rational(int64_t numerator, int64_t denominator = 1) : Rational() {
    fmpz_set_si(fmpq_numref(value_), numerator);
    fmpz_set_si(fmpq_denref(value_), denominator);
    fmpq_canonicalise(value_);
  }
  Rational(const Rational& other) : Rational() { fmpq_set(value_, other.value_); }
  Rational(Rational&& other) noexcept : Rational() { fmpq_swap(value_, other.value_); }
  Rational& operator=(const Rational& other) {
    fmpq_set(value_, other.value_);
    return *this;
  }
  Rational& operator=(Rational&& other) noexcept {
    fmpq_swap(value_, other.value_);
    return *this;
  }
  ~Rational() { fmpq_clear(value_); }

  // Of decimal digits alone, at most some thousand; other characters are the caller's mistake.
  static Rational OfDigits(absl::string_view digits, int base = 10);

  fmpq* get() { return value_; }
  const fmpq* get() const { return value_; }
  fmpz* numerator() { return fmpq_numref(value_); }
  const fmpz* numerator() const { return fmpq_numref(value_); }
  const fmpz* denominator() const { return fmpq_denref(value_); }

  bool IsZero() const { return fmpq_is_zero(value_) != 0; }
  bool IsOne() const { return fmpq_is_one(value_) != 0; }
  bool IsInteger() const { return fmpz_is_one(denominator()) != 0; }
  int Sign() const { return fmpq_sgn(value_); }
  // Of numerator and denominator together.
  int64_t Bits() const {
    return static_cast<int64_t>(fmpz_bits(numerator()) + fmpz_bits(denominator()));
  }
  // Whether it is an integer between the two.
  bool IsIntegerWithin(int64_t least, int64_t most) const {
    return IsInteger() && fmpz_cmp_si(numerator(), least) >= 0 &&
           fmpz_cmp_si(numerator(), most) <= 0;
  }
  // Only where IsIntegerWithin has said yes.
  int64_t ToInteger() const { return fmpz_get_si(numerator()); }

  bool operator==(const Rational& other) const { return fmpq_equal(value_, other.value_) != 0; }
  bool operator<(const Rational& other) const { return fmpq_cmp(value_, other.value_) < 0; }
  Rational operator-() const {
    Rational result;
    fmpq_neg(result.value_, value_);
    return result;
  }
  Rational operator+(const Rational& other) const {
    Rational result;
    fmpq_add(result.value_, value_, other.value_);
    return result;
  }
  Rational operator-(const Rational& other) const {
    Rational result;
    fmpq_sub(result.value_, value_, other.value_);
    return result;
  }
  Rational operator*(const Rational& other) const {
    Rational result;
    fmpq_mul(result.value_, value_, other.value_);
    return result;
  }
  // `other` is not zero.
  Rational operator/(const Rational& other) const {
    Rational result;
    fmpq_div(result.value_, value_, other.value_);
    return result;
  }
  // 10^exponent; |exponent| is at most some ten thousand.
  static Rational PowerOfTen(int64_t exponent);

 private:
  fmpq_t value_;
};

}  // namespace gyre::rewarder::math
