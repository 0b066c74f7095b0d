// cos and sin of the angle position · theta^(-2i / head_size) for i < head_size / 2, as `rope`
// reads them. Computed in double from arithmetic operations alone and rounded once, so the bits do
// not depend on the C library or the processor.
#pragma once

#include <cstdint>
#include <vector>

namespace gyre::kernels {

class RopeTable {
 public:
  // head_size even; 1 <= theta.
  RopeTable(int32_t head_size, int64_t num_positions, double theta);

  const float* cos() const { return cos_.data(); }  // [num_positions][head_size / 2]
  const float* sin() const { return sin_.data(); }
  int64_t num_positions() const { return num_positions_; }

 private:
  int64_t num_positions_;
  std::vector<float> cos_;
  std::vector<float> sin_;
};

}  // namespace gyre::kernels
