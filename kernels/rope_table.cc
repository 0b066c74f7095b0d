#include "kernels/rope_table.h"

#include <cstddef>

#include "kernels/double_math.h"

namespace gyre::kernels {

namespace {

double Stretched(double frequency, const RopeStretch& stretch) {
  constexpr double kTwoPi = 6.283185307179586;
  const double turns = static_cast<double>(stretch.original_positions) * frequency / kTwoPi;
  if (turns < stretch.low_frequency_factor) return frequency / stretch.factor;
  if (turns > stretch.high_frequency_factor) return frequency;
  const double kept = (turns - stretch.low_frequency_factor) /
                      (stretch.high_frequency_factor - stretch.low_frequency_factor);
  return (1 - kept) * frequency / stretch.factor + kept * frequency;
}

}  // namespace

std::vector<double> RopeFrequencies(int32_t head_size, double theta,
                                    const std::optional<RopeStretch>& stretch) {
  const double log_theta = DoubleLog(theta);
  std::vector<double> frequencies(static_cast<size_t>(head_size / 2));
  for (size_t i = 0; i < frequencies.size(); ++i) {
    frequencies[i] = DoubleExp(-2.0 * static_cast<double>(i) / head_size * log_theta);
    if (stretch.has_value()) frequencies[i] = Stretched(frequencies[i], *stretch);
  }
  return frequencies;
}

RopeTable::RopeTable(int32_t head_size, int64_t num_positions, double theta,
                     const std::optional<RopeStretch>& stretch)
    : num_positions_(num_positions),
      cos_(static_cast<size_t>(num_positions * (head_size / 2))),
      sin_(static_cast<size_t>(num_positions * (head_size / 2))) {
  const std::vector<double> frequencies = RopeFrequencies(head_size, theta, stretch);
  for (int64_t position = 0; position < num_positions; ++position) {
    for (size_t i = 0; i < frequencies.size(); ++i) {
      const CosSin turn = CosSinOfAngle(static_cast<double>(position) * frequencies[i]);
      const size_t at = static_cast<size_t>(position) * frequencies.size() + i;
      cos_[at] = static_cast<float>(turn.cos);
      sin_[at] = static_cast<float>(turn.sin);
    }
  }
}

}  // namespace gyre::kernels
