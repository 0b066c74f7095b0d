// Random matrices with padded rows, and bitwise comparison, for the tests of kernels/.
#pragma once

#include <bit>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/instruction_set.h"

namespace gyre::kernels {

// A matrix whose rows stand `padding` floats apart; the padding holds a value that no kernel may
// change.
struct Matrix {
  static constexpr float kUntouched = 12345.0f;

  Matrix(int64_t rows, int64_t columns, int64_t padding = 3)
      : rows(rows),
        columns(columns),
        stride(columns + padding),
        at(static_cast<size_t>(rows * stride), kUntouched) {}

  float* row(int64_t r) { return at.data() + r * stride; }
  const float* row(int64_t r) const { return at.data() + r * stride; }
  float* data() { return at.data(); }
  const float* data() const { return at.data(); }

  int64_t rows;
  int64_t columns;
  int64_t stride;
  std::vector<float> at;
};

class RandomTensors {
 public:
  explicit RandomTensors(uint32_t seed) : generator_(seed) {}

  float Normal() { return normal_(generator_); }
  int64_t Between(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(generator_);
  }
  std::vector<float> Floats(int64_t n, float scale = 1.0f) {
    std::vector<float> floats(static_cast<size_t>(n));
    for (float& value : floats) value = scale * Normal();
    return floats;
  }
  Matrix Normals(int64_t rows, int64_t columns, int64_t padding = 3, float scale = 1.0f) {
    Matrix matrix(rows, columns, padding);
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < columns; ++c) matrix.row(r)[c] = scale * Normal();
    return matrix;
  }

 private:
  std::mt19937 generator_;
  std::normal_distribution<float> normal_;
};

inline void ExpectSameBits(const float* actual, const float* expected, int64_t size,
                           const std::string& what) {
  for (int64_t i = 0; i < size; ++i) {
    ASSERT_EQ(std::bit_cast<uint32_t>(actual[i]), std::bit_cast<uint32_t>(expected[i]))
        << what << ", float " << i << ": " << actual[i] << " is not " << expected[i];
  }
}

inline void ExpectSameBits(const std::vector<float>& actual, const std::vector<float>& expected,
                           const std::string& what) {
  ASSERT_EQ(actual.size(), expected.size()) << what;
  ExpectSameBits(actual.data(), expected.data(), static_cast<int64_t>(actual.size()), what);
}

inline void ExpectSameBits(const Matrix& actual, const Matrix& expected, const std::string& what) {
  ExpectSameBits(actual.at, expected.at, what);
}

// What runs here beside the plain form.
inline std::vector<InstructionSet> VectorForms() {
  std::vector<InstructionSet> forms = SupportedInstructionSets();
  forms.erase(forms.begin());
  return forms;
}

}  // namespace gyre::kernels
