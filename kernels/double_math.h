// Elementary functions in double for what is computed beside the kernels (tables of rotary
// positions, first weights, losses, schedules). They are made of additions, multiplications,
// divisions and whole-number arithmetic alone, so that their bits depend neither on the C library
// nor on which of its variants a processor is given. Pure; any thread.
#pragma once

#include <cstdint>

namespace gyre::kernels {

// Within a few 1e-16 relative. Exactly 1 at 0; 0 below -708 (no subnormals), infinite above 709;
// not a number stays one.
double DoubleExp(double x);

// Of a normal x > 0, within a few 1e-16 relative.
double DoubleLog(double x);

// base^exponent by repeated squaring.
double DoublePower(double base, uint64_t exponent);

struct CosSin {
  double cos = 1;
  double sin = 0;
};

// Of an angle in [0, 2^31); good to 1e-16 up to 2^20 quarter turns and to 1e-13 beyond.
CosSin CosSinOfAngle(double angle);

// Of 0 <= turns < 1 full turns.
CosSin CosSinOfTurns(double turns);

}  // namespace gyre::kernels
