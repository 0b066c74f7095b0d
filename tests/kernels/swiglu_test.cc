#include <cmath>

#include "kernels/kernel_table.h"
#include "tests/kernels/tensors.h"

namespace gyre::kernels {
namespace {

constexpr int64_t kSizes[] = {1, 7, 16, 24, 31, 96, 100, 192, 576};

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
