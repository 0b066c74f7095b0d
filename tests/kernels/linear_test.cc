#include <cmath>

#include "kernels/kernel_table.h"
#include "tests/kernels/tensors.h"

namespace gyre::kernels {
namespace {

struct Shape {
  int64_t rows, outputs, inputs;
};

std::vector<Shape> Shapes() {
  std::vector<Shape> shapes = {{1, 1, 1},
                               {1, 119, 96},
                               {3, 96, 96},
                               {8, 32, 16},
                               {13, 33, 7},
                               {6, 16, 384},
                               {9, 17, 385},
                               {131, 65, 24},
                               {17, 48, 800},
                               {7, 192, 96},
                               {130, 31, 5},
                               {2, 40, 1000},
                               {5, 37, 127},
                               {5, 37, 128},
                               // Large enough to be fetched ahead (65,536 floats and more), with
                               // and without inputs left over after the fours.
                               {9, 300, 257},
                               {40, 96, 800},
                               {1, 259, 255}};
  RandomTensors random(1);
  for (int i = 0; i < 12; ++i)
    shapes.push_back({random.Between(1, 40), random.Between(1, 130), random.Between(1, 130)});
  return shapes;
}

struct Case {
  Case(const Shape& shape, uint32_t seed)
      : random(seed),
        x(random.Normals(shape.rows, shape.inputs, 5)),
        w(random.Normals(shape.outputs, shape.inputs, 2)),
        y(random.Normals(shape.rows, shape.outputs, 3)),
        bias(random.Floats(shape.outputs)) {
    packed.Pack(w.data(), w.stride, shape.outputs, shape.inputs);
  }

  LinearArguments Arguments(Matrix& to) const {
    return {.x = x.data(),
            .x_stride = x.stride,
            .rows = x.rows,
            .w = packed.view(),
            .y = to.data(),
            .y_stride = to.stride};
  }

  RandomTensors random;
  Matrix x, w, y;
  std::vector<float> bias;
  PackedMatrix packed;
};

// What the header promises of one output: `term(k, sum)` is sum plus the k-th product, rounded
// once.
template <typename Term>
float SumOfParts(float start, int64_t inputs, const Term& term) {
  const int64_t parts = std::max<int64_t>(1, inputs / kLinearPartInputs);
  float total = start;
  for (int64_t part = 0; part < parts; ++part) {
    const int64_t end = part + 1 == parts ? inputs : (part + 1) * kLinearPartInputs;
    float chain = part == 0 ? start : 0.0f;
    for (int64_t k = part * kLinearPartInputs; k < end; ++k) chain = term(k, chain);
    total = part == 0 ? chain : total + chain;
  }
  return total;
}

float Output(const Case& c, int64_t m, int64_t n, float start) {
  return SumOfParts(start, c.x.columns, [&](int64_t k, float sum) {
    return std::fma(c.x.row(m)[k], c.w.row(n)[k], sum);
  });
}

TEST(Linear, IsOneFmaChainOverThePartsOfTheInputsInOrder) {
  for (InstructionSet form : SupportedInstructionSets()) {
    for (const Shape& shape : Shapes()) {
      Case c(shape, 2);
      Matrix actual = c.y;
      Kernels(form).linear(c.Arguments(actual));
      for (int64_t m = 0; m < shape.rows; ++m) {
        for (int64_t n = 0; n < shape.outputs; ++n) c.y.row(m)[n] = Output(c, m, n, 0);
      }
      ExpectSameBits(actual, c.y, Name(form));
    }
  }
}

TEST(Linear, StartsItsChainFromTheBiasOrFromTheOutput) {
  for (InstructionSet form : SupportedInstructionSets()) {
    for (const Shape& shape : Shapes()) {
      const Case c(shape, 3);
      Matrix biased = c.y, added = c.y, expected_biased = c.y, expected_added = c.y;
      LinearArguments arguments = c.Arguments(biased);
      arguments.bias = c.bias.data();
      Kernels(form).linear(arguments);
      arguments = c.Arguments(added);
      arguments.accumulate = true;
      Kernels(form).linear(arguments);
      for (int64_t m = 0; m < shape.rows; ++m) {
        for (int64_t n = 0; n < shape.outputs; ++n) {
          expected_biased.row(m)[n] = Output(c, m, n, c.bias[static_cast<size_t>(n)]);
          expected_added.row(m)[n] = Output(c, m, n, c.y.row(m)[n]);
        }
      }
      ExpectSameBits(biased, expected_biased, Name(form));
      ExpectSameBits(added, expected_added, Name(form));
    }
  }
}

TEST(Linear, GivesARowTheSameBitsAloneAndAmongOthers) {
  for (InstructionSet form : SupportedInstructionSets()) {
    for (const Shape& shape : Shapes()) {
      const Case c(shape, 4);
      Matrix together = c.y, alone = c.y;
      Kernels(form).linear(c.Arguments(together));
      for (int64_t m = 0; m < shape.rows; ++m) {
        LinearArguments arguments = c.Arguments(alone);
        arguments.x = c.x.row(m);
        arguments.y = alone.row(m);
        arguments.rows = 1;
        Kernels(form).linear(arguments);
      }
      ExpectSameBits(together, alone, Name(form));
    }
  }
}

TEST(Linear, TakesNoRows) {
  for (InstructionSet form : SupportedInstructionSets()) {
    const Case c({1, 33, 7}, 5);
    Matrix y = c.y;
    LinearArguments arguments = c.Arguments(y);
    arguments.rows = 0;
    Kernels(form).linear(arguments);
    ExpectSameBits(y, c.y, Name(form));
  }
}

TEST(PackedMatrix, TransposedMultipliesByTheMatrixItself) {
  for (const Shape& shape : Shapes()) {
    RandomTensors random(6);
    const Matrix dy = random.Normals(shape.rows, shape.outputs);
    const Matrix w = random.Normals(shape.outputs, shape.inputs);
    PackedMatrix packed;
    packed.PackTransposed(w.data(), w.stride, shape.inputs, shape.outputs);
    Matrix dx(shape.rows, shape.inputs), expected(shape.rows, shape.inputs);
    Kernels(BestInstructionSet())
        .linear({.x = dy.data(),
                 .x_stride = dy.stride,
                 .rows = dy.rows,
                 .w = packed.view(),
                 .y = dx.data(),
                 .y_stride = dx.stride});
    for (int64_t m = 0; m < shape.rows; ++m) {
      for (int64_t k = 0; k < shape.inputs; ++k) {
        expected.row(m)[k] = SumOfParts(0, shape.outputs, [&](int64_t n, float sum) {
          return std::fma(dy.row(m)[n], w.row(n)[k], sum);
        });
      }
    }
    ExpectSameBits(dx, expected, "transposed");
  }
}

TEST(PackedMatrix, MayBePackedAgainWithAnotherShape) {
  RandomTensors random(7);
  PackedMatrix packed;
  for (const Shape& shape : Shapes()) {
    const Matrix w = random.Normals(shape.outputs, shape.inputs);
    packed.Pack(w.data(), w.stride, shape.outputs, shape.inputs);
    ASSERT_EQ(packed.outputs(), shape.outputs);
    ASSERT_EQ(packed.inputs(), shape.inputs);
    ASSERT_EQ(reinterpret_cast<uintptr_t>(packed.view().panels) % 64, 0u);
    const int64_t panels = (shape.outputs + 31) / 32;
    for (int64_t n = 0; n < panels * 32; ++n)
      for (int64_t k = 0; k < shape.inputs; ++k)
        ASSERT_EQ(packed.view().panels[(n / 32 * shape.inputs + k) * 32 + n % 32],
                  n < shape.outputs ? w.row(n)[k] : 0.0f);
  }
}

TEST(PackedMatrix, MovedFromIsEmptyAndMayBePackedAgain) {
  const std::vector<float> w(6, 2.0f);
  PackedMatrix from;
  from.Pack(w.data(), 3, 2, 3);
  const PackedMatrix to = std::move(from);
  EXPECT_EQ(to.view().panels[1], 2.0f);
  EXPECT_EQ(from.outputs(), 0);
  from.Pack(w.data(), 2, 3, 2);
  EXPECT_EQ(from.view().panels[2], 2.0f);
}

TEST(WeightGradient, AddsAChainOverEachBlockOfRowsToWhatIsThere) {
  for (InstructionSet form : SupportedInstructionSets()) {
    std::vector<Shape> shapes = Shapes();
    shapes.push_back({256, 9, 33});
    shapes.push_back({600, 13, 20});
    for (const Shape& shape : shapes) {
      RandomTensors random(8);
      const Matrix dy = random.Normals(shape.rows, shape.outputs, 1),
                   x = random.Normals(shape.rows, shape.inputs, 2);
      Matrix dw = random.Normals(shape.outputs, shape.inputs, 3);
      Matrix expected = dw;
      Kernels(form).weight_gradient({.dy = dy.data(),
                                     .dy_stride = dy.stride,
                                     .x = x.data(),
                                     .x_stride = x.stride,
                                     .rows = shape.rows,
                                     .outputs = shape.outputs,
                                     .inputs = shape.inputs,
                                     .dw = dw.data(),
                                     .dw_stride = dw.stride});
      for (int64_t n = 0; n < shape.outputs; ++n) {
        for (int64_t k = 0; k < shape.inputs; ++k) {
          for (int64_t first = 0; first < shape.rows; first += kGradientBlockRows) {
            float chain = 0.0f;
            for (int64_t m = first; m < std::min(first + kGradientBlockRows, shape.rows); ++m)
              chain = std::fma(dy.row(m)[n], x.row(m)[k], chain);
            expected.row(n)[k] += chain;
          }
        }
      }
      ExpectSameBits(dw, expected, Name(form));
    }
  }
}

}  // namespace
}  // namespace gyre::kernels
