#include "kernels/rope_table.h"

#include <cstddef>

#include "kernels/double_math.h"

namespace gyre::kernels {

RopeTable::RopeTable(int32_t head_size, int64_t num_positions, double theta)
    : num_positions_(num_positions),
      cos_(static_cast<size_t>(num_positions * (head_size / 2))),
      sin_(static_cast<size_t>(num_positions * (head_size / 2))) {
  const int32_t half = head_size / 2;
  const double log_theta = DoubleLog(theta);
  for (int32_t i = 0; i < half; ++i) {
    const double frequency = DoubleExp(-2.0 * i / head_size * log_theta);
    for (int64_t position = 0; position < num_positions; ++position) {
      const CosSin turn = CosSinOfAngle(static_cast<double>(position) * frequency);
      const size_t at = static_cast<size_t>(position * half + i);
      cos_[at] = static_cast<float>(turn.cos);
      sin_[at] = static_cast<float>(turn.sin);
    }
  }
}

}  // namespace gyre::kernels
