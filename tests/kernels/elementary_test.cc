// exp and log against the C library, AdamW and the sum of squares against double, and all of them
// form against form.
#include <cmath>
#include <limits>

#include "kernels/kernel_table.h"
#include "tests/kernels/tensors.h"

namespace gyre::kernels {
namespace {

std::vector<float> EveryFewFloats(float first, float last, int64_t count) {
  std::vector<float> values;
  for (int64_t i = 0; i < count; ++i)
    values.push_back(first + (last - first) * static_cast<float>(i) / static_cast<float>(count));
  return values;
}

double UlpsApart(float actual, double exact) {
  const float rounded = static_cast<float>(exact);
  const double ulp =
      std::nextafter(std::abs(rounded), std::numeric_limits<float>::infinity()) - std::abs(rounded);
  return std::abs(actual - exact) / ulp;
}

TEST(Exp, IsWithinTwoUlpsWhereTheResultIsNormal) {
  std::vector<float> x = EveryFewFloats(-87.33f, 88.72f, 400'000);
  for (float value : EveryFewFloats(-1.0f, 1.0f, 200'000)) x.push_back(value);
  std::vector<float> y(x.size());
  Kernels(BestInstructionSet()).exp(x.data(), y.data(), static_cast<int64_t>(x.size()));
  double worst = 0;
  for (size_t i = 0; i < x.size(); ++i)
    worst = std::max(worst, UlpsApart(y[i], std::exp(static_cast<double>(x[i]))));
  EXPECT_LT(worst, 2.0);
  RecordProperty("worst_ulps", std::to_string(worst));
}

TEST(Exp, FlushesToZeroBelowAndOverflowsAbove) {
  for (InstructionSet form : SupportedInstructionSets()) {
    const float infinity = std::numeric_limits<float>::infinity();
    const std::vector<float> x = {-infinity, -1e30f, -104.0f, -87.34f,  0.0f,
                                  -0.0f,     88.73f, 1e30f,   infinity, std::nanf("")};
    std::vector<float> y(x.size());
    Kernels(form).exp(x.data(), y.data(), static_cast<int64_t>(x.size()));
    for (size_t i : {0, 1, 2, 3}) EXPECT_EQ(y[i], 0.0f) << Name(form) << x[i];
    for (size_t i : {4, 5}) EXPECT_EQ(y[i], 1.0f) << Name(form) << x[i];
    for (size_t i : {6, 7, 8}) EXPECT_EQ(y[i], infinity) << Name(form) << x[i];
    EXPECT_TRUE(std::isnan(y[9])) << Name(form);
  }
}

TEST(Log, IsWithinTwoUlps) {
  std::vector<float> x = EveryFewFloats(0.4f, 2.2f, 300'000);
  for (float value : EveryFewFloats(-126.0f, 127.9f, 200'000)) x.push_back(std::exp2(value));
  x.push_back(1e-45f);
  x.push_back(3e-39f);
  std::vector<float> y(x.size());
  Kernels(BestInstructionSet()).log(x.data(), y.data(), static_cast<int64_t>(x.size()));
  double worst = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    if (x[i] == 1.0f) {
      EXPECT_EQ(y[i], 0.0f);
    } else {
      worst = std::max(worst, UlpsApart(y[i], std::log(static_cast<double>(x[i]))));
    }
  }
  EXPECT_LT(worst, 2.0);
  RecordProperty("worst_ulps", std::to_string(worst));
}

TEST(Log, AnswersTheEdgesAsTheCLibraryDoes) {
  for (InstructionSet form : SupportedInstructionSets()) {
    const float infinity = std::numeric_limits<float>::infinity();
    const std::vector<float> x = {0.0f, infinity, -1.0f, std::nanf("")};
    std::vector<float> y(x.size());
    Kernels(form).log(x.data(), y.data(), 4);
    EXPECT_EQ(y[0], -infinity);
    EXPECT_EQ(y[1], infinity);
    EXPECT_TRUE(std::isnan(y[2]));
    EXPECT_TRUE(std::isnan(y[3]));
  }
}

TEST(ElementaryFunctions, GiveTheSameBitsInEveryForm) {
  RandomTensors random(1);
  std::vector<float> x = random.Floats(20'003, 30.0f);
  for (float value : {-87.33654f, -87.33655f, 88.722839f, 88.72284f, -88.0f, 127.0f, 1e-40f})
    x.push_back(value);
  std::vector<float> positive = x;
  for (float& value : positive) value = std::abs(value);
  const int64_t size = static_cast<int64_t>(x.size());
  std::vector<float> exp(x.size()), log(x.size()), plain_exp(x.size()), plain_log(x.size());
  Kernels(InstructionSet::kPlain).exp(x.data(), plain_exp.data(), size);
  Kernels(InstructionSet::kPlain).log(positive.data(), plain_log.data(), size);
  for (InstructionSet form : VectorForms()) {
    Kernels(form).exp(x.data(), exp.data(), size);
    Kernels(form).log(positive.data(), log.data(), size);
    ExpectSameBits(exp, plain_exp, Name(form));
    ExpectSameBits(log, plain_log, Name(form));
  }
}

struct Optimizer {
  explicit Optimizer(int64_t size)
      : random(2), p(random.Floats(size)), g(random.Floats(size)), m(p.size()), v(p.size()) {}
  void Step(const KernelTable& kernels, int t) {
    kernels.adamw({.parameter = p.data(),
                   .gradient = g.data(),
                   .first_moment = m.data(),
                   .second_moment = v.data(),
                   .size = static_cast<int64_t>(p.size()),
                   .gradient_scale = 0.5f,
                   .learning_rate = 3e-3f,
                   .beta1 = 0.9f,
                   .beta2 = 0.95f,
                   .epsilon = 1e-8f,
                   .weight_decay = 0.01f,
                   .correction1 = static_cast<float>(1 - std::pow(0.9, t)),
                   .correction2 = static_cast<float>(1 - std::pow(0.95, t))});
  }
  RandomTensors random;
  std::vector<float> p, g, m, v;
};

TEST(Adamw, GivesTheSameBitsInEveryForm) {
  for (int64_t size : {1, 15, 16, 1003}) {
    Optimizer plain(size);
    for (int t = 1; t <= 5; ++t) plain.Step(Kernels(InstructionSet::kPlain), t);
    for (InstructionSet form : VectorForms()) {
      Optimizer optimizer(size);
      for (int t = 1; t <= 5; ++t) optimizer.Step(Kernels(form), t);
      ExpectSameBits(optimizer.p, plain.p, Name(form));
      ExpectSameBits(optimizer.m, plain.m, Name(form));
      ExpectSameBits(optimizer.v, plain.v, Name(form));
    }
  }
}

TEST(Adamw, FollowsTheFormulaInDouble) {
  Optimizer optimizer(1003);
  std::vector<double> p(optimizer.p.begin(), optimizer.p.end()), m(p.size()), v(p.size());
  for (int t = 1; t <= 20; ++t) {
    for (size_t i = 0; i < p.size(); ++i) {
      const double g = 0.5 * optimizer.g[i];
      m[i] = 0.9 * m[i] + 0.1 * g;
      v[i] = 0.95 * v[i] + 0.05 * g * g;
      p[i] -= 3e-3 * 0.01 * p[i];
      p[i] -= 3e-3 * (m[i] / (1 - std::pow(0.9, t))) /
              (std::sqrt(v[i] / (1 - std::pow(0.95, t))) + 1e-8);
    }
    optimizer.Step(Kernels(BestInstructionSet()), t);
  }
  for (size_t i = 0; i < p.size(); ++i)
    EXPECT_NEAR(optimizer.p[i], p[i], 2e-6 * (1 + std::abs(p[i])));
}

TEST(SumOfSquares, IsTheSameInEveryFormAndCloseToTheExactSum) {
  for (int64_t size : {0, 1, 15, 16, 17, 1003, 100'000}) {
    RandomTensors random(3);
    const std::vector<float> x = random.Floats(size);
    long double exact = 0;
    for (float value : x) exact += static_cast<long double>(value) * value;
    const double plain = Kernels(InstructionSet::kPlain).sum_of_squares(x.data(), size);
    EXPECT_NEAR(plain, static_cast<double>(exact), 1e-13 * static_cast<double>(exact));
    for (InstructionSet form : VectorForms())
      EXPECT_EQ(std::bit_cast<uint64_t>(Kernels(form).sum_of_squares(x.data(), size)),
                std::bit_cast<uint64_t>(plain));
  }
}

TEST(InstructionSets, BeginWithThePlainFormAndEndWithTheBest) {
  const std::vector<InstructionSet> supported = SupportedInstructionSets();
  EXPECT_EQ(supported.front(), InstructionSet::kPlain);
  EXPECT_EQ(supported.back(), BestInstructionSet());
  for (InstructionSet form : supported) EXPECT_EQ(Kernels(form).instruction_set, form);
}

}  // namespace
}  // namespace gyre::kernels
