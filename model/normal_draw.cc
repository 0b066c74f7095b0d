#include "model/normal_draw.h"

#include <cmath>

#include "kernels/double_math.h"

namespace gyre::model {

NormalPair DrawNormals(const base::CounterRng& rng, uint64_t counter) {
  const base::Uint32x4 words = rng.At(counter);
  const uint64_t a = words[0] | uint64_t{words[1]} << 32;
  const uint64_t b = words[2] | uint64_t{words[3]} << 32;
  // In (0, 1] and [0, 1): multiples of 2^-53.
  const double u = static_cast<double>((a >> 11) + 1) * 0x1p-53;
  const double turns = static_cast<double>(b >> 11) * 0x1p-53;
  const double radius = std::sqrt(-2.0 * kernels::DoubleLog(u));
  const kernels::CosSin turn = kernels::CosSinOfTurns(turns);
  return {radius * turn.cos, radius * turn.sin};
}

}  // namespace gyre::model
