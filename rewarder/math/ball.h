#pragma once

#include <acb.h>

namespace gyre::rewarder::math {

// A complex number and a bound of its error (Arb); freed with its owner.
class Ball {
 public:
  Ball() { acb_init(value_); }
  Ball(const Ball&) = delete;
  Ball& operator=(const Ball&) = delete;
  Ball(Ball&& other) noexcept : Ball() { acb_swap(value_, other.value_); }
  Ball& operator=(Ball&& other) noexcept {
    acb_swap(value_, other.value_);
    return *this;
  }
  ~Ball() { acb_clear(value_); }

  acb_ptr get() { return value_; }
  acb_srcptr get() const { return value_; }
  arb_ptr real() { return acb_realref(value_); }
  arb_srcptr real() const { return acb_realref(value_); }
  arb_srcptr imaginary() const { return acb_imagref(value_); }

  bool IsFinite() const { return acb_is_finite(value_) != 0; }
  // Real for certain.
  bool IsReal() const { return arb_is_zero(imaginary()) != 0; }
  // Whether it may be real, by what is known.
  bool MayBeReal() const { return arb_contains_zero(imaginary()) != 0; }
  bool MayBeZero() const { return acb_contains_zero(value_) != 0; }
  bool Overlaps(const Ball& other) const { return acb_overlaps(value_, other.value_) != 0; }

 private:
  acb_t value_;
};

}  // namespace gyre::rewarder::math
