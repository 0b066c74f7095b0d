// exp and log of one thread: the polynomials of the CPU's kernels, so the same bits.
#pragma once

#include <cstdint>

#include "kernels/on_device.h"

namespace gyre::kernels::cuda {
namespace one_lane {

// What kernels/lanes/ have sixteen of.
struct Lanes {
  float at;

  GYRE_ON_DEVICE static Lanes Set(float x) { return {x}; }
  GYRE_ON_DEVICE static Lanes Zero() { return {0.0f}; }
};

GYRE_ON_DEVICE inline Lanes operator+(Lanes a, Lanes b) { return {a.at + b.at}; }
GYRE_ON_DEVICE inline Lanes operator-(Lanes a, Lanes b) { return {a.at - b.at}; }
GYRE_ON_DEVICE inline Lanes operator*(Lanes a, Lanes b) { return {a.at * b.at}; }
GYRE_ON_DEVICE inline Lanes Fma(Lanes a, Lanes b, Lanes c) {
  return {__builtin_fmaf(a.at, b.at, c.at)};
}
GYRE_ON_DEVICE inline Lanes NegFma(Lanes a, Lanes b, Lanes c) {
  return {__builtin_fmaf(-a.at, b.at, c.at)};
}
GYRE_ON_DEVICE inline Lanes Max(Lanes a, Lanes b) { return a.at > b.at ? a : b; }
GYRE_ON_DEVICE inline Lanes Min(Lanes a, Lanes b) { return a.at < b.at ? a : b; }
GYRE_ON_DEVICE inline Lanes SelectLess(Lanes a, Lanes b, Lanes x, Lanes y) {
  return a.at < b.at ? x : y;
}
GYRE_ON_DEVICE inline Lanes ScaleByPowerOfTwo(Lanes x, Lanes biased) {
  uint32_t bits;
  __builtin_memcpy(&bits, &biased.at, sizeof bits);
  const int32_t e = static_cast<int32_t>(bits - 0x4B400000u);
  const int32_t half = e >> 1;
  const uint32_t steps[2] = {(static_cast<uint32_t>(half) + 127u) << 23,
                             (static_cast<uint32_t>(e - half) + 127u) << 23};
  float powers[2];
  __builtin_memcpy(powers, steps, sizeof steps);
  return {x.at * powers[0] * powers[1]};
}

#include "kernels/body/exp_log.inc"

}  // namespace one_lane

GYRE_ON_DEVICE inline float Exp(float x) { return one_lane::Exp({x}).at; }
GYRE_ON_DEVICE inline float Log(float x) { return one_lane::Log(x); }
GYRE_ON_DEVICE inline float Fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }

}  // namespace gyre::kernels::cuda
