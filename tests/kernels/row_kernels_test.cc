// RMSNorm, RoPE and SwiGLU: the same bits in every form and for a row alone, and their values and
// gradients against double.
#include <cmath>
#include <functional>

#include "kernels/kernel_table.h"
#include "kernels/rope_table.h"
#include "tests/kernels/tensors.h"

namespace gyre::kernels {
namespace {

constexpr int64_t kSizes[] = {1, 7, 16, 24, 31, 96, 100, 192, 576};

struct NormCase {
  NormCase(int64_t rows, int64_t size, uint32_t seed)
      : random(seed),
        x(random.Normals(rows, size)),
        dy(random.Normals(rows, size, 2)),
        weight(random.Floats(size)),
        inv_rms(static_cast<size_t>(rows)),
        dw(random.Floats(size)),
        y(rows, size, 1),
        dx(random.Normals(rows, size, 4)) {}

  void Forward(const KernelTable& kernels) {
    kernels.rms_norm({.x = x.data(),
                      .x_stride = x.stride,
                      .rows = x.rows,
                      .size = x.columns,
                      .weight = weight.data(),
                      .epsilon = 1e-5f,
                      .y = y.data(),
                      .y_stride = y.stride,
                      .inv_rms = inv_rms.data()});
  }
  void Backward(const KernelTable& kernels, bool accumulate) {
    kernels.rms_norm_backward({.x = x.data(),
                               .x_stride = x.stride,
                               .dy = dy.data(),
                               .dy_stride = dy.stride,
                               .inv_rms = inv_rms.data(),
                               .weight = weight.data(),
                               .rows = x.rows,
                               .size = x.columns,
                               .dx = dx.data(),
                               .dx_stride = dx.stride,
                               .accumulate_dx = accumulate,
                               .dw = dw.data()});
  }

  RandomTensors random;
  Matrix x, dy;
  std::vector<float> weight, inv_rms, dw;
  Matrix y, dx;
};

TEST(RmsNorm, GivesTheSameBitsInEveryForm) {
  for (int64_t size : kSizes) {
    for (bool accumulate : {false, true}) {
      NormCase plain(300, size, 1);
      plain.Forward(Kernels(InstructionSet::kPlain));
      plain.Backward(Kernels(InstructionSet::kPlain), accumulate);
      for (InstructionSet form : VectorForms()) {
        NormCase c(300, size, 1);
        c.Forward(Kernels(form));
        c.Backward(Kernels(form), accumulate);
        ExpectSameBits(c.y, plain.y, Name(form));
        ExpectSameBits(c.inv_rms, plain.inv_rms, Name(form));
        ExpectSameBits(c.dx, plain.dx, Name(form));
        ExpectSameBits(c.dw, plain.dw, Name(form));
      }
    }
  }
}

TEST(RmsNorm, GivesARowTheSameBitsAloneAndAmongOthers) {
  for (InstructionSet form : SupportedInstructionSets()) {
    NormCase c(37, 96, 2);
    c.Forward(Kernels(form));
    for (int64_t row = 0; row < 37; ++row) {
      Matrix alone(1, 96);
      Kernels(form).rms_norm({.x = c.x.row(row),
                              .x_stride = c.x.stride,
                              .rows = 1,
                              .size = 96,
                              .weight = c.weight.data(),
                              .epsilon = 1e-5f,
                              .y = alone.data(),
                              .y_stride = alone.stride});
      ExpectSameBits(alone.row(0), c.y.row(row), 96, Name(form));
    }
  }
}

double NormedDot(const NormCase& c, int64_t row, const std::vector<double>& x,
                 const std::vector<double>& weight) {
  double squares = 0;
  for (double value : x) squares += value * value;
  const double inv_rms = 1 / std::sqrt(squares / static_cast<double>(x.size()) + 1e-5);
  double dot = 0;
  for (size_t i = 0; i < x.size(); ++i) dot += c.dy.row(row)[i] * x[i] * inv_rms * weight[i];
  return dot;
}

TEST(RmsNorm, AgreesWithDoubleAndItsGradientsWithDifferences) {
  for (int64_t size : kSizes) {
    NormCase c(3, size, 3);
    const std::vector<float> dw_before = c.dw;
    c.Forward(Kernels(BestInstructionSet()));
    c.Backward(Kernels(BestInstructionSet()), false);
    const std::vector<double> weight(c.weight.begin(), c.weight.end());
    std::vector<double> dw(dw_before.begin(), dw_before.end());
    for (int64_t row = 0; row < 3; ++row) {
      const std::vector<double> x(c.x.row(row), c.x.row(row) + size);
      double squares = 0;
      for (double value : x) squares += value * value;
      const double inv_rms = 1 / std::sqrt(squares / static_cast<double>(size) + 1e-5);
      for (size_t i = 0; i < x.size(); ++i) {
        EXPECT_NEAR(c.y.row(row)[i], x[i] * inv_rms * weight[i],
                    1e-6 * (1 + std::abs(x[i] * inv_rms * weight[i])));
        const double step = 1e-5;
        std::vector<double> up = x, down = x;
        up[i] += step;
        down[i] -= step;
        const double slope =
            (NormedDot(c, row, up, weight) - NormedDot(c, row, down, weight)) / (2 * step);
        EXPECT_NEAR(c.dx.row(row)[i], slope, 2e-5 * (1 + std::abs(slope))) << "size " << size;
        dw[i] += c.dy.row(row)[i] * x[i] * inv_rms;
      }
    }
    for (size_t i = 0; i < dw.size(); ++i) EXPECT_NEAR(c.dw[i], dw[i], 1e-5);
  }
}

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
              c.positions[static_cast<size_t>(row)] * std::pow(10000.0, -2.0 * i / head_size);
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

TEST(RopeTable, IsTheRoundedCosineAndSineOfTheExactAngle) {
  for (const auto& [head_size, positions, theta] :
       std::vector<std::tuple<int32_t, int64_t, double>>{
           {24, 4096, 10000.0}, {64, 70000, 100000.0}, {128, 5000, 1e6}}) {
    const RopeTable table(head_size, positions, theta);
    long double worst = 0;
    for (int64_t position = 0; position < positions; position += position < 3000 ? 1 : 37) {
      for (int32_t i = 0; i < head_size / 2; ++i) {
        const long double angle =
            position * std::pow(static_cast<long double>(theta), -2.0L * i / head_size);
        const int64_t at = position * (head_size / 2) + i;
        worst = std::max(worst, std::abs(table.cos()[at] - std::cos(angle)));
        worst = std::max(worst, std::abs(table.sin()[at] - std::sin(angle)));
      }
    }
    EXPECT_LT(static_cast<double>(worst), 3.0e-8)
        << "head size " << head_size;  // half an ulp of f32 below 1 is 2.98e-8
  }
}

struct SwigluCase {
  SwigluCase(int64_t rows, int64_t size, uint32_t seed)
      : random(seed),
        gate(random.Normals(rows, size, 1, 4.0f)),
        up(random.Normals(rows, size, 2)),
        dy(random.Normals(rows, size, 3)),
        y(rows, size, 4),
        dgate(rows, size, 5),
        dup(rows, size, 6) {}

  void Run(const KernelTable& kernels) {
    kernels.swiglu({.gate = gate.data(),
                    .gate_stride = gate.stride,
                    .up = up.data(),
                    .up_stride = up.stride,
                    .rows = gate.rows,
                    .size = gate.columns,
                    .y = y.data(),
                    .y_stride = y.stride});
    kernels.swiglu_backward({.gate = gate.data(),
                             .gate_stride = gate.stride,
                             .up = up.data(),
                             .up_stride = up.stride,
                             .dy = dy.data(),
                             .dy_stride = dy.stride,
                             .rows = gate.rows,
                             .size = gate.columns,
                             .dgate = dgate.data(),
                             .dgate_stride = dgate.stride,
                             .dup = dup.data(),
                             .dup_stride = dup.stride});
  }

  RandomTensors random;
  Matrix gate, up, dy, y, dgate, dup;
};

TEST(Swiglu, GivesTheSameBitsInEveryForm) {
  for (int64_t size : kSizes) {
    SwigluCase plain(11, size, 6);
    plain.Run(Kernels(InstructionSet::kPlain));
    for (InstructionSet form : VectorForms()) {
      SwigluCase c(11, size, 6);
      c.Run(Kernels(form));
      ExpectSameBits(c.y, plain.y, Name(form));
      ExpectSameBits(c.dgate, plain.dgate, Name(form));
      ExpectSameBits(c.dup, plain.dup, Name(form));
    }
  }
}

TEST(Swiglu, AgreesWithDoubleAndItsGradientsWithTheFormula) {
  SwigluCase c(50, 100, 7);
  c.gate.row(0)[0] = 200.0f;
  c.gate.row(0)[1] = -200.0f;
  c.Run(Kernels(BestInstructionSet()));
  for (int64_t row = 0; row < 50; ++row) {
    for (int64_t i = 0; i < 100; ++i) {
      const double g = c.gate.row(row)[i], u = c.up.row(row)[i], d = c.dy.row(row)[i];
      const double s = 1 / (1 + std::exp(-g));
      const double y = g * s * u, dgate = d * u * s * (1 + g * (1 - s)), dup = d * g * s;
      EXPECT_NEAR(c.y.row(row)[i], y, 1e-6 * (1e-3 + std::abs(y))) << g;
      EXPECT_NEAR(c.dgate.row(row)[i], dgate, 1e-6 * (1 + std::abs(dgate))) << g;
      EXPECT_NEAR(c.dup.row(row)[i], dup, 1e-6 * (1e-3 + std::abs(dup))) << g;
    }
  }
}

TEST(Swiglu, MayWriteInPlace) {
  for (InstructionSet form : SupportedInstructionSets()) {
    SwigluCase apart(5, 100, 8);
    apart.Run(Kernels(form));
    SwigluCase c(5, 100, 8);
    Kernels(form).swiglu_backward({.gate = c.gate.data(),
                                   .gate_stride = c.gate.stride,
                                   .up = c.up.data(),
                                   .up_stride = c.up.stride,
                                   .dy = c.dy.data(),
                                   .dy_stride = c.dy.stride,
                                   .rows = 5,
                                   .size = 100,
                                   .dgate = c.gate.data(),
                                   .dgate_stride = c.gate.stride,
                                   .dup = c.up.data(),
                                   .dup_stride = c.up.stride});
    for (int64_t row = 0; row < 5; ++row) {
      ExpectSameBits(c.gate.row(row), apart.dgate.row(row), 100, Name(form));
      ExpectSameBits(c.up.row(row), apart.dup.row(row), 100, Name(form));
    }
  }
}

}  // namespace
}  // namespace gyre::kernels
