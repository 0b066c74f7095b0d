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

std::vector<float> RopeFrequencies(int32_t head_size, double theta,
                                   const std::optional<RopeStretch>& stretch) {
  const double log_theta = DoubleLog(theta);
  std::vector<float> frequencies(static_cast<size_t>(head_size / 2));
  for (size_t i = 0; i < frequencies.size(); ++i) {
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(head_size);
    const auto power = static_cast<float>(DoubleExp(static_cast<double>(exponent) * log_theta));
    frequencies[i] = 1.0f / power;
    if (stretch.has_value())
      frequencies[i] = static_cast<float>(Stretched(static_cast<double>(frequencies[i]), *stretch));
  }
  return frequencies;
}

RopeTable::RopeTable(int32_t head_size, int64_t num_positions, double theta,
                     const std::optional<RopeStretch>& stretch)
    : num_positions_(num_positions),
      cos_(static_cast<size_t>(num_positions * (head_size / 2))),
      sin_(static_cast<size_t>(num_positions * (head_size / 2))) {
  const std::vector<float> frequencies = RopeFrequencies(head_size, theta, stretch);
  for (int64_t position = 0; position < num_positions; ++position) {
    for (size_t i = 0; i < frequencies.size(); ++i) {
      const float angle = static_cast<float>(position) * frequencies[i];
      const CosSin turn = CosSinOfAngle(static_cast<double>(angle));
      const size_t at = static_cast<size_t>(position) * frequencies.size() + i;
      cos_[at] = static_cast<float>(turn.cos);
      sin_[at] = static_cast<float>(turn.sin);
    }
  }
}

}  // namespace gyre::kernels
