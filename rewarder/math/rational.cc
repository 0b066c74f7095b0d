#include "rewarder/math/rational.h"

namespace gyre::rewarder::math {

Rational Rational::OfDigits(absl::string_view digits, int base) {
  Rational result;
  if (digits.empty()) return result;
  fmpz_set_str(fmpq_numref(result.value_), std::string(digits).c_str(), base);
  return result;
}

Rational Rational::PowerOfTen(int64_t exponent) {
  Rational result(10);
  fmpq_pow_si(result.value_, result.value_, exponent);
  return result;
}

}  // namespace gyre::rewarder::math
