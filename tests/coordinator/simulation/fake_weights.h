#pragma once

#include <cstdint>
#include <string>

namespace gyre::coordinator::simulation {

// What a learner trains, in place of a network: a digest that follows from everything that was
// trained, in order, and the optimizer's state beside it.
struct FakeWeights {
  std::string digest;     // 32 bytes; the policy's root digest
  std::string optimizer;  // fresh with each stage

  bool operator==(const FakeWeights&) const = default;
};

// The model that the spec names, and weights in a folder outside of the run.
FakeWeights FirstWeights();
FakeWeights WeightsOfFolder(const std::string& folder);

// A fresh optimizer for the same weights.
FakeWeights BeginStage(const FakeWeights& weights, uint32_t stage);
// One step. `gradient`: the sum over the step's members of what they give. A sum, so that it does
// not depend on how the members are shared out; 0 leaves the weights as they are.
FakeWeights Train(const FakeWeights& weights, uint64_t gradient);
// What the examples of an SFT step give.
uint64_t ExampleGradient(uint32_t stage, uint64_t example);

}  // namespace gyre::coordinator::simulation
