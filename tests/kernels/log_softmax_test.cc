#include <cmath>
#include <set>

#include "kernels/kernel_table.h"
#include "tests/kernels/tensors.h"

namespace gyre::kernels {
namespace {

constexpr int64_t kVocabularies[] = {1, 5, 16, 119, 1000, 4099};

struct Scores {
  explicit Scores(int64_t rows)
      : logsumexp(static_cast<size_t>(rows)),
        logprob(logsumexp.size()),
        entropy(logsumexp.size()) {}
  std::vector<float> logsumexp, logprob, entropy;
};

struct Case {
  Case(int64_t rows, int64_t vocabulary, uint32_t seed)
      : random(seed), logits(random.Normals(rows, vocabulary, 3, 3.0f)) {
    for (int64_t i = 0; i < rows; ++i)
      targets.push_back(static_cast<int32_t>(random.Between(0, vocabulary - 1)));
  }
  Scores Score(const KernelTable& kernels, float inverse_temperature,
               bool with_entropy = true) const {
    Scores scores(logits.rows);
    kernels.log_softmax({.logits = logits.data(),
                         .logits_stride = logits.stride,
                         .rows = logits.rows,
                         .vocabulary = logits.columns,
                         .inverse_temperature = inverse_temperature,
                         .targets = targets.data(),
                         .logsumexp = scores.logsumexp.data(),
                         .logprob = scores.logprob.data(),
                         .entropy = with_entropy ? scores.entropy.data() : nullptr});
    return scores;
  }
  Matrix Gradient(const KernelTable& kernels, float inverse_temperature, const Scores& scores,
                  const std::vector<float>& dlogprob) const {
    Matrix result = logits;
    kernels.log_softmax_backward({.logits = result.data(),
                                  .logits_stride = result.stride,
                                  .rows = result.rows,
                                  .vocabulary = result.columns,
                                  .inverse_temperature = inverse_temperature,
                                  .targets = targets.data(),
                                  .logsumexp = scores.logsumexp.data(),
                                  .dlogprob = dlogprob.data()});
    return result;
  }
  RandomTensors random;
  Matrix logits;
  std::vector<int32_t> targets;
};

TEST(LogSoftmax, GivesTheSameBitsInEveryForm) {
  for (int64_t vocabulary : kVocabularies) {
    for (float inverse_temperature : {1.0f, 1.0f / 0.7f}) {
      Case c(9, vocabulary, 1);
      const std::vector<float> dlogprob = c.random.Floats(9);
      const Scores plain = c.Score(Kernels(InstructionSet::kPlain), inverse_temperature);
      const Matrix plain_gradient =
          c.Gradient(Kernels(InstructionSet::kPlain), inverse_temperature, plain, dlogprob);
      for (InstructionSet form : VectorForms()) {
        const Scores scores = c.Score(Kernels(form), inverse_temperature);
        ExpectSameBits(scores.logsumexp, plain.logsumexp, Name(form));
        ExpectSameBits(scores.logprob, plain.logprob, Name(form));
        ExpectSameBits(scores.entropy, plain.entropy, Name(form));
        ExpectSameBits(c.Gradient(Kernels(form), inverse_temperature, scores, dlogprob),
                       plain_gradient, Name(form));
      }
    }
  }
}

TEST(LogSoftmax, GivesTheSameLogProbabilityWithAndWithoutEntropy) {
  for (InstructionSet form : SupportedInstructionSets()) {
    const Case c(9, 119, 2);
    ExpectSameBits(c.Score(Kernels(form), 1.25f, true).logprob,
                   c.Score(Kernels(form), 1.25f, false).logprob, Name(form));
  }
}

TEST(LogSoftmax, AgreesWithDouble) {
  for (int64_t vocabulary : kVocabularies) {
    for (float inverse_temperature : {1.0f, 1.0f / 0.7f, 0.5f}) {
      Case c(9, vocabulary, 3);
      const std::vector<float> dlogprob = c.random.Floats(9);
      const Scores scores = c.Score(Kernels(BestInstructionSet()), inverse_temperature);
      const Matrix gradient =
          c.Gradient(Kernels(BestInstructionSet()), inverse_temperature, scores, dlogprob);
      for (int64_t row = 0; row < 9; ++row) {
        const size_t r = static_cast<size_t>(row);
        const float* logits = c.logits.row(row);
        double sum = 0, entropy = 0;
        for (int64_t i = 0; i < vocabulary; ++i)
          sum += std::exp(static_cast<double>(logits[i]) * inverse_temperature);
        for (int64_t i = 0; i < vocabulary; ++i) {
          const double l = static_cast<double>(logits[i]) * inverse_temperature,
                       p = std::exp(l) / sum;
          entropy -= p * (l - std::log(sum));
          const double slope =
              dlogprob[r] * inverse_temperature * ((i == c.targets[r] ? 1.0 : 0.0) - p);
          EXPECT_NEAR(gradient.row(row)[i], slope, 3e-6);
        }
        const double logprob =
            static_cast<double>(logits[c.targets[r]]) * inverse_temperature - std::log(sum);
        EXPECT_NEAR(scores.logsumexp[r], std::log(sum), 3e-6);
        EXPECT_NEAR(scores.logprob[r], logprob, 3e-6);
        EXPECT_NEAR(scores.entropy[r], entropy, 1e-5);
      }
    }
  }
}

TEST(LogSoftmax, TakesLogitsOfMinusInfinity) {
  for (InstructionSet form : SupportedInstructionSets()) {
    Case c(1, 20, 4);
    for (int64_t i = 3; i < 20; ++i) c.logits.row(0)[i] = -INFINITY;
    c.targets[0] = 1;
    const Scores scores = c.Score(Kernels(form), 1.0f);
    EXPECT_TRUE(std::isfinite(scores.logprob[0]));
    EXPECT_TRUE(std::isfinite(scores.entropy[0]));
    EXPECT_GT(scores.entropy[0], 0.0f);
    EXPECT_LT(scores.entropy[0], std::log(3.0f));
  }
}

TEST(LogSoftmax, LetsANotANumberThrough) {
  for (InstructionSet form : SupportedInstructionSets()) {
    Case c(1, 119, 5);
    c.logits.row(0)[7] = std::nanf("");
    EXPECT_TRUE(std::isnan(c.Score(Kernels(form), 1.0f).logprob[0])) << Name(form);
  }
}

TEST(Sample, GivesTheSameTokenAndBitsInEveryForm) {
  for (int64_t vocabulary :
       {int64_t{1}, int64_t{5}, int64_t{119}, int64_t{4099}, int64_t{300'000}}) {
    const Case c(1, vocabulary, 6);
    for (float temperature : {0.0f, 0.7f, 1.0f}) {
      for (int i = 0; i < (vocabulary > 10'000 ? 2 : 200); ++i) {
        const float u = static_cast<float>(i) / 200.0f + 0.001f;
        const SampledToken plain =
            Kernels(InstructionSet::kPlain).sample(c.logits.data(), vocabulary, temperature, u);
        for (InstructionSet form : VectorForms()) {
          const SampledToken token =
              Kernels(form).sample(c.logits.data(), vocabulary, temperature, u);
          ASSERT_EQ(token.token, plain.token);
          ASSERT_EQ(std::bit_cast<uint32_t>(token.logprob), std::bit_cast<uint32_t>(plain.logprob));
          ASSERT_EQ(std::bit_cast<uint32_t>(token.plain_logprob),
                    std::bit_cast<uint32_t>(plain.plain_logprob));
        }
      }
    }
  }
}

TEST(Sample, ReportsTheTrainersLogProbabilityToTheBit) {
  for (InstructionSet form : SupportedInstructionSets()) {
    Case c(1, 119, 7);
    for (float temperature : {0.6f, 1.0f, 1.3f}) {
      for (int i = 0; i < 100; ++i) {
        const SampledToken token =
            Kernels(form).sample(c.logits.data(), 119, temperature, static_cast<float>(i) / 100.0f);
        c.targets[0] = token.token;
        ExpectSameBits(&token.logprob, c.Score(Kernels(form), 1.0f / temperature).logprob.data(), 1,
                       Name(form));
        ExpectSameBits(&token.plain_logprob, c.Score(Kernels(form), 1.0f).logprob.data(), 1,
                       Name(form));
      }
    }
  }
}

TEST(Sample, CutsTheUnitIntervalByTheTokensProbabilities) {
  const int64_t vocabulary = 119, points = 200'000;
  Case c(1, vocabulary, 8);
  std::vector<int64_t> drawn(static_cast<size_t>(vocabulary));
  int32_t previous = 0;
  for (int64_t i = 0; i < points; ++i) {
    const float u = (static_cast<float>(i) + 0.5f) / static_cast<float>(points);
    const int32_t token =
        Kernels(BestInstructionSet()).sample(c.logits.data(), vocabulary, 0.8f, u).token;
    ASSERT_GE(token, previous);  // in order of id
    previous = token;
    ++drawn[static_cast<size_t>(token)];
  }
  for (int32_t token = 0; token < vocabulary; ++token) {
    c.targets[0] = token;
    const double expected =
        std::exp(c.Score(Kernels(BestInstructionSet()), 1.0f / 0.8f).logprob[0]) * points;
    EXPECT_NEAR(static_cast<double>(drawn[static_cast<size_t>(token)]), expected, 2.5);
  }
}

TEST(Sample, NeverDrawsATokenOfProbabilityZero) {
  for (InstructionSet form : SupportedInstructionSets()) {
    Matrix logits(1, 300, 0);
    for (int64_t i = 0; i < 300; ++i) logits.row(0)[i] = -200.0f;
    logits.row(0)[70] = 1.0f;
    logits.row(0)[201] = 0.5f;
    std::set<int32_t> drawn;
    for (float u : {0.0f, 0.3f, 0.62f, 0.63f, 0.99f, 0.99999994f})
      drawn.insert(Kernels(form).sample(logits.data(), 300, 1.0f, u).token);
    EXPECT_EQ(drawn, (std::set<int32_t>{70, 201})) << Name(form);
  }
}

TEST(Sample, TakesTheLowestOfTheLargestAtTemperatureZero) {
  for (InstructionSet form : SupportedInstructionSets()) {
    Case c(1, 119, 9);
    for (int64_t i : {40, 41, 97}) c.logits.row(0)[i] = 50.0f;
    const SampledToken token = Kernels(form).sample(c.logits.data(), 119, 0.0f, 0.9f);
    EXPECT_EQ(token.token, 40);
    c.targets[0] = 40;
    ExpectSameBits(&token.logprob, c.Score(Kernels(form), 1.0f).logprob.data(), 1, Name(form));
    EXPECT_EQ(token.logprob, token.plain_logprob);
  }
}

}  // namespace
}  // namespace gyre::kernels
