// Policies with random weights and requests to them, for the tests of engine/.
#pragma once

#include <bit>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "gtest/gtest.h"
#include "tests/model/tiny_models.h"

namespace gyre::engine {

inline std::shared_ptr<const Policy> TinyPolicy(int64_t version) {
  PolicyIdentity identity = {.version = version,
                             .root_digest = base::Sha256::Of("policy " + std::to_string(version))};
  return std::make_shared<const Policy>(Policy{
      identity, model::PackedNetwork(
                    model::RandomParameters(model::TinyConfig(), static_cast<uint32_t>(version)),
                    kernels::Kernels(kernels::BestInstructionSet()))});
}

// A request whose prompt is a function of its id. One of 37 tokens ends a sample.
inline GenerationRequest TinyRequest(uint64_t id, int32_t prompt_tokens, int32_t samples,
                                     int32_t max_response_tokens = 40) {
  std::mt19937 generator(static_cast<uint32_t>(id));
  GenerationRequest request;
  request.id = id;
  request.random_key = 1000 + id;
  request.prompt = model::RandomTokens(model::TinyConfig(), prompt_tokens, generator);
  request.samples = samples;
  request.max_response_tokens = max_response_tokens;
  request.eos_ids = {1};
  return request;
}

// By request and sample.
using Samples = std::map<std::pair<uint64_t, int32_t>, FinishedSample>;

inline void Collect(std::vector<FinishedSample>& finished, Samples& samples) {
  for (FinishedSample& sample : finished) {
    const auto key = std::make_pair(sample.request_id, sample.sample);
    EXPECT_TRUE(samples.emplace(key, std::move(sample)).second) << "each sample ends once";
  }
  finished.clear();
}

inline Samples RunToEnd(Engine& engine) {
  Samples samples;
  std::vector<FinishedSample> finished;
  while (engine.Step(finished)) Collect(finished, samples);
  return samples;
}

inline bool SameBits(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (std::bit_cast<uint32_t>(a[i]) != std::bit_cast<uint32_t>(b[i])) return false;
  return true;
}

inline void ExpectSameSamples(const Samples& a, const Samples& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [key, sample] : a) {
    const FinishedSample& other = b.at(key);
    EXPECT_EQ(sample.tokens, other.tokens) << "request " << key.first << " sample " << key.second;
    EXPECT_TRUE(SameBits(sample.log_probs, other.log_probs));
    EXPECT_EQ(sample.finish_reason, other.finish_reason);
  }
}

}  // namespace gyre::engine
