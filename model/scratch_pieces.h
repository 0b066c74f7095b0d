// Cuts a stretch of scratch memory into pieces on 64-byte boundaries.
#pragma once

#include <cstdint>

namespace gyre::model {

class ScratchPieces {
 public:
  explicit ScratchPieces(float* next) : next_(next) {}
  static constexpr int64_t Padded(int64_t floats) { return (floats + 15) / 16 * 16; }
  float* Take(int64_t floats) {
    float* piece = next_;
    next_ += Padded(floats);
    return piece;
  }

 private:
  float* next_;
};

}  // namespace gyre::model
