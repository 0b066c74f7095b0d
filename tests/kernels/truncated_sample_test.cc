#include "kernels/truncated_sample.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "tests/kernels/tensors.h"

namespace gyre::kernels {
namespace {

// The tokens that stay and their probabilities, in double, by transformers' definitions
// (generation/logits_process.py, TopKLogitsWarper, TopPLogitsWarper, MinPLogitsWarper, which
// generate() applies in this order after the temperature). Where a cut falls between equal tokens,
// the lower ids stay.
std::map<int32_t, double> ByDefinition(const std::vector<float>& logits, double temperature,
                                       const Truncation& truncation) {
  std::vector<int32_t> kept(logits.size());
  std::iota(kept.begin(), kept.end(), 0);
  const auto score = [&](int32_t id) { return logits[static_cast<size_t>(id)] / temperature; };
  const auto probabilities = [&] {
    double sum = 0;
    std::map<int32_t, double> p;
    for (const int32_t id : kept) sum += p[id] = std::exp(score(id));
    for (auto& [id, value] : p) value /= sum;
    return p;
  };
  std::sort(kept.begin(), kept.end(), [&](int32_t a, int32_t b) {
    return score(a) != score(b) ? score(a) > score(b) : a < b;
  });
  if (truncation.top_k > 0 && static_cast<size_t>(truncation.top_k) < kept.size()) {
    const double last = score(kept[static_cast<size_t>(truncation.top_k - 1)]);
    std::erase_if(kept, [&](int32_t id) { return score(id) < last; });
  }
  if (truncation.top_p < 1) {
    const std::map<int32_t, double> p = probabilities();
    double cumulative = 0;  // from the least likely on
    while (kept.size() > 1) {
      cumulative += p.at(kept.back());
      if (cumulative > 1 - static_cast<double>(truncation.top_p)) break;
      kept.pop_back();
    }
  }
  if (truncation.min_p > 0) {
    const std::map<int32_t, double> p = probabilities();
    const double most = p.at(kept.front());
    std::erase_if(
        kept, [&](int32_t id) { return p.at(id) < static_cast<double>(truncation.min_p) * most; });
  }
  return probabilities();
}

const Truncation kTruncations[] = {
    {.top_k = 1},
    {.top_k = 5},
    {.top_k = 1000},
    {.top_p = 0.0f},
    {.top_p = 0.3f},
    {.top_p = 0.9f},
    {.top_p = 0.999f},
    {.min_p = 0.02f},
    {.min_p = 0.5f},
    {.min_p = 1.0f},
    {.top_k = 12, .top_p = 0.8f},
    {.top_k = 20, .top_p = 0.95f, .min_p = 0.05f},
};

class TruncatedSample : public testing::TestWithParam<Truncation> {
 protected:
  SampledToken Draw(const std::vector<float>& logits, float temperature, float uniform,
                    InstructionSet form = BestInstructionSet()) {
    return sampler_.Sample(Kernels(form), logits.data(), static_cast<int64_t>(logits.size()),
                           temperature, GetParam(), uniform);
  }

  TruncatedSampler sampler_;
  RandomTensors random_{11};
};

TEST_P(TruncatedSample, CutsTheUnitIntervalByTheProbabilitiesOfWhatTransformersKeeps) {
  constexpr int kPoints = 8'000;
  for (const float temperature : {0.6f, 1.0f, 1.7f}) {
    const std::vector<float> logits = random_.Floats(60, 1.5f);
    const std::map<int32_t, double> expected = ByDefinition(logits, temperature, GetParam());
    double sum = 0;
    for (const float logit : logits) sum += std::exp(static_cast<double>(logit));
    std::map<int32_t, int> drawn;
    int32_t previous = 0;
    for (int i = 0; i < kPoints; ++i) {
      const SampledToken token =
          Draw(logits, temperature, (static_cast<float>(i) + 0.5f) / kPoints);
      ASSERT_TRUE(expected.contains(token.token)) << "token " << token.token;
      ASSERT_GE(token.token, previous) << "in order of id";
      previous = token.token;
      ++drawn[token.token];
      ASSERT_NEAR(token.logprob, std::log(expected.at(token.token)), 4e-6);
      ASSERT_NEAR(token.plain_logprob, logits[static_cast<size_t>(token.token)] - std::log(sum),
                  4e-6);
    }
    for (const auto& [token, p] : expected) EXPECT_NEAR(drawn[token], p * kPoints, 2.5);
  }
}

TEST_P(TruncatedSample, EqualTokensAreCutByTheirIds) {
  std::vector<float> logits(200, 1.0f);
  for (size_t i = 50; i < 70; ++i) logits[i] = 2.0f;
  const std::map<int32_t, double> expected = ByDefinition(logits, 1.0, GetParam());
  std::set<int32_t> drawn;
  for (int i = 0; i < 4000; ++i)
    drawn.insert(Draw(logits, 1.0f, static_cast<float>(i) / 4000.0f).token);
  for (const int32_t token : drawn) EXPECT_TRUE(expected.contains(token)) << token;
  EXPECT_EQ(drawn.size(), expected.size());
}

TEST_P(TruncatedSample, GivesTheSameTokenAndBitsOverEveryFormOfTheKernels) {
  for (const int64_t vocabulary : {1, 2, 119, 5000}) {
    const std::vector<float> logits = random_.Floats(vocabulary, 3.0f);
    for (int i = 0; i < 20; ++i) {
      const float u = static_cast<float>(i) / 20.0f;
      const SampledToken plain = Draw(logits, 0.8f, u, InstructionSet::kPlain);
      for (const InstructionSet form : VectorForms()) {
        const SampledToken token = Draw(logits, 0.8f, u, form);
        ASSERT_EQ(token.token, plain.token);
        ExpectSameBits(&token.logprob, &plain.logprob, 1, Name(form));
        ExpectSameBits(&token.plain_logprob, &plain.plain_logprob, 1, Name(form));
      }
    }
  }
}

TEST_P(TruncatedSample, TemperatureZeroIsTheLargest) {
  std::vector<float> logits = random_.Floats(119);
  logits[40] = logits[41] = 50.0f;
  EXPECT_EQ(Draw(logits, 0.0f, 0.9f).token, 40);
}

TEST_P(TruncatedSample, TokensOfProbabilityZeroAndNotANumbersAreNeverDrawn) {
  std::vector<float> logits(300, -INFINITY);
  logits[70] = 1.0f;
  logits[201] = 0.99f;
  logits[250] = std::nanf("");
  for (const float u : {0.0f, 0.3f, 0.62f, 0.99f, 0.99999994f}) {
    const int32_t token = Draw(logits, 1.0f, u).token;
    EXPECT_TRUE(token == 70 || token == 201) << token;
  }
  const std::vector<float> none(50, std::nanf(""));
  EXPECT_TRUE(std::isnan(Draw(none, 1.0f, 0.5f).logprob));
}

INSTANTIATE_TEST_SUITE_P(Truncations, TruncatedSample, testing::ValuesIn(kTruncations),
                         [](const auto& truncation) {
                           return "Number" + std::to_string(truncation.index);
                         });

TEST(Truncation, OneThatKeepsAllDrawsWhatThePlainSamplerDraws) {
  RandomTensors random(12);
  TruncatedSampler sampler;
  const KernelTable& kernels = Kernels(BestInstructionSet());
  const std::vector<float> logits = random.Floats(500, 2.0f);
  for (int i = 0; i < 500; ++i) {
    const float u = (static_cast<float>(i) + 0.5f) / 500.0f;
    const SampledToken plain = kernels.sample(logits.data(), 500, 0.7f, u);
    const SampledToken token = sampler.Sample(kernels, logits.data(), 500, 0.7f, {.top_k = 500}, u);
    EXPECT_EQ(token.token, plain.token);
    EXPECT_NEAR(token.logprob, plain.logprob, 1e-6);
  }
}

}  // namespace
}  // namespace gyre::kernels
