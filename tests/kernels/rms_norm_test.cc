#include <cmath>

#include "kernels/kernel_table.h"
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

}  // namespace
}  // namespace gyre::kernels
