// cos and sin of the angle position · frequency(i) for i < head_size / 2, as `rope` reads them.
// frequency(i) is theta^(-2i / head_size), or Llama 3's stretch of it. Published models were
// trained with angles rounded to f32 (transformers, modeling_llama.py: theta^(2i / head_size), its
// inverse and the product with the position, each in f32), which is up to 6e-5 off at position
// 2,000; so these are rounded in the same places. Otherwise computed in double from arithmetic
// operations alone, so the bits do not depend on the C library or the processor.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace gyre::kernels {

// Llama 3.1's frequencies for sequences longer than the original ones (transformers,
// modeling_rope_utils.py, "llama3"): with turns = original_positions · frequency / 2π, the turns
// that a pair makes over an original sequence, frequency is divided by `factor` where turns <
// low_frequency_factor, kept where turns > high_frequency_factor, and between them interpolated
// linearly in turns. 1 <= factor; 0 < low_frequency_factor < high_frequency_factor.
struct RopeStretch {
  double factor = 1;
  double low_frequency_factor = 1;
  double high_frequency_factor = 4;
  int64_t original_positions = 8192;
};

// frequency(i), [head_size / 2]. head_size even; 1 <= theta.
std::vector<float> RopeFrequencies(int32_t head_size, double theta,
                                   const std::optional<RopeStretch>& stretch = std::nullopt);

class RopeTable {
 public:
  RopeTable(int32_t head_size, int64_t num_positions, double theta,
            const std::optional<RopeStretch>& stretch = std::nullopt);

  const float* cos() const { return cos_.data(); }  // [num_positions][head_size / 2]
  const float* sin() const { return sin_.data(); }
  int64_t num_positions() const { return num_positions_; }

 private:
  int64_t num_positions_;
  std::vector<float> cos_;
  std::vector<float> sin_;
};

}  // namespace gyre::kernels
