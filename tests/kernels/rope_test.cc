#include <cmath>
#include <numbers>
#include <tuple>

#include "kernels/kernel_table.h"
#include "kernels/rope_table.h"
#include "tests/kernels/tensors.h"

namespace gyre::kernels {
namespace {

struct RopeCase {
  RopeCase(int64_t rows, int32_t heads, int32_t head_size, uint32_t seed)
      : random(seed),
        heads(heads),
        head_size(head_size),
        table(head_size, 500, 10000.0),
        x(random.Normals(rows, heads * head_size)) {
    for (int64_t i = 0; i < rows; ++i)
      positions.push_back(static_cast<int32_t>(random.Between(0, 499)));
  }
  void Turn(const KernelTable& kernels, bool inverse) {
    kernels.rope({.x = x.data(),
                  .row_stride = x.stride,
                  .rows = x.rows,
                  .heads = heads,
                  .head_size = head_size,
                  .positions = positions.data(),
                  .cos = table.cos(),
                  .sin = table.sin(),
                  .inverse = inverse});
  }

  RandomTensors random;
  int32_t heads, head_size;
  RopeTable table;
  Matrix x;
  std::vector<int32_t> positions;
};

// In the words of transformers' modeling_rope_utils.py, each step in f32.
float Frequency(int32_t head_size, double theta, int32_t i) {
  const float exponent = static_cast<float>(2 * i) / static_cast<float>(head_size);
  return 1.0f / static_cast<float>(std::pow(static_cast<long double>(theta), exponent));
}

TEST(Rope, GivesTheSameBitsInEveryForm) {
  for (int32_t head_size : {2, 24, 64, 128, 130}) {
    for (bool inverse : {false, true}) {
      RopeCase plain(20, 3, head_size, 4);
      plain.Turn(Kernels(InstructionSet::kPlain), inverse);
      for (InstructionSet form : VectorForms()) {
        RopeCase c(20, 3, head_size, 4);
        c.Turn(Kernels(form), inverse);
        ExpectSameBits(c.x, plain.x, Name(form));
      }
    }
  }
}

TEST(Rope, TurnsEachPairByItsAngleAndTheInverseTurnsBack) {
  for (int32_t head_size : {2, 24, 64}) {
    RopeCase c(20, 3, head_size, 5);
    const Matrix before = c.x;
    c.Turn(Kernels(BestInstructionSet()), false);
    for (int64_t row = 0; row < 20; ++row) {
      for (int32_t h = 0; h < 3; ++h) {
        for (int32_t i = 0; i < head_size / 2; ++i) {
          const double angle =
              static_cast<double>(static_cast<float>(c.positions[static_cast<size_t>(row)]) *
                                  Frequency(head_size, 10000.0, i));
          const int64_t first = h * head_size + i, second = first + head_size / 2;
          const double a = before.row(row)[first], b = before.row(row)[second];
          EXPECT_NEAR(c.x.row(row)[first], a * std::cos(angle) - b * std::sin(angle), 1e-6);
          EXPECT_NEAR(c.x.row(row)[second], b * std::cos(angle) + a * std::sin(angle), 1e-6);
        }
      }
    }
    c.Turn(Kernels(BestInstructionSet()), true);
    for (size_t i = 0; i < before.at.size(); ++i) EXPECT_NEAR(c.x.at[i], before.at[i], 1e-6);
  }
}

TEST(RopeTable, IsTheRoundedCosineAndSineOfTheAngleInSinglePrecision) {
  for (const auto& [head_size, positions, theta] :
       std::vector<std::tuple<int32_t, int64_t, double>>{
           {24, 4096, 10000.0}, {64, 70000, 100000.0}, {128, 5000, 1e6}}) {
    const RopeTable table(head_size, positions, theta);
    long double worst = 0;
    for (int64_t position = 0; position < positions; position += position < 3000 ? 1 : 37) {
      for (int32_t i = 0; i < head_size / 2; ++i) {
        const float rounded = static_cast<float>(position) * Frequency(head_size, theta, i);
        const long double angle = rounded;
        const int64_t at = position * (head_size / 2) + i;
        worst = std::max(worst, std::abs(table.cos()[at] - std::cos(angle)));
        worst = std::max(worst, std::abs(table.sin()[at] - std::sin(angle)));
      }
    }
    EXPECT_LT(static_cast<double>(worst), 3.0e-8)
        << "head size " << head_size;  // half an ulp of f32 below 1 is 2.98e-8
  }
}

// The rule for one pair in the words of transformers' modeling_rope_utils.py: by wavelengths.
long double StretchedByWavelength(long double frequency, const RopeStretch& stretch) {
  const long double wavelength = 2 * std::numbers::pi_v<long double> / frequency;
  const long double original = stretch.original_positions;
  if (wavelength < original / stretch.high_frequency_factor) return frequency;
  if (wavelength > original / stretch.low_frequency_factor) return frequency / stretch.factor;
  const long double smooth = (original / wavelength - stretch.low_frequency_factor) /
                             (stretch.high_frequency_factor - stretch.low_frequency_factor);
  return (1 - smooth) * frequency / stretch.factor + smooth * frequency;
}

TEST(RopeFrequencies, AreStretchedAsLlama3Does) {
  for (const RopeStretch& stretch :
       {RopeStretch{8, 1, 4, 8192}, RopeStretch{32, 1, 4, 8192}, RopeStretch{1.5, 0.5, 7, 300}}) {
    const std::vector<float> frequencies = RopeFrequencies(128, 500000.0, stretch);
    int kept = 0, divided = 0;
    for (int i = 0; i < 64; ++i) {
      const float plain = Frequency(128, 500000.0, i);
      const auto expected = static_cast<float>(StretchedByWavelength(plain, stretch));
      EXPECT_NEAR(frequencies[static_cast<size_t>(i)], expected, 1e-7f * expected) << i;
      kept += expected == plain;
      divided += expected == static_cast<float>(plain / stretch.factor);
    }
    EXPECT_GT(kept, 5);
    EXPECT_GT(divided, 5);
    EXPECT_LT(kept + divided, 64) << "some lie between";
  }
}

TEST(RopeTable, TurnsByTheStretchedFrequencies) {
  const RopeStretch stretch = {8, 1, 4, 8192};
  const std::vector<float> frequencies = RopeFrequencies(64, 500000.0, stretch);
  const RopeTable table(64, 20000, 500000.0, stretch);
  for (int64_t position : {0, 1, 777, 19999}) {
    for (int64_t i = 0; i < 32; ++i) {
      const float angle = static_cast<float>(position) * frequencies[static_cast<size_t>(i)];
      EXPECT_NEAR(table.cos()[position * 32 + i], std::cos(angle), 1e-7);
      EXPECT_NEAR(table.sin()[position * 32 + i], std::sin(angle), 1e-7);
    }
  }
}

}  // namespace
}  // namespace gyre::kernels
