#include "tests/coordinator/simulation/fake_weights.h"

#include "absl/strings/str_cat.h"
#include "base/counter_rng.h"
#include "base/digest.h"

namespace gyre::coordinator::simulation {
namespace {

std::string Digest(const std::string& bytes) {
  return std::string(base::Sha256::Of(bytes).bytes());
}

}  // namespace

FakeWeights FirstWeights() { return {.digest = Digest("the model"), .optimizer = "none"}; }

FakeWeights WeightsOfFolder(const std::string& folder) {
  return {.digest = Digest(absl::StrCat("folder ", folder)), .optimizer = "none"};
}

FakeWeights BeginStage(const FakeWeights& weights, uint32_t stage) {
  return {.digest = weights.digest, .optimizer = absl::StrCat("fresh for stage ", stage)};
}

FakeWeights Train(const FakeWeights& weights, uint64_t gradient) {
  if (gradient == 0) return weights;
  return {.digest = Digest(absl::StrCat(weights.digest, weights.optimizer, gradient)),
          .optimizer = Digest(absl::StrCat("optimizer ", weights.optimizer, gradient))};
}

uint64_t ExampleGradient(uint32_t stage, uint64_t example) {
  return base::CounterRng({"example", stage, example}).key() | 1;
}

}  // namespace gyre::coordinator::simulation
