#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "weights/model_config.h"

namespace gyre::cli {

// A line of `gyre score`'s input: a JSON object with "tokens", and whatever else it holds.
struct TokenLine {
  nlohmann::ordered_json object;
  std::vector<int32_t> tokens;
};

// INVALID_ARGUMENT: not such an object, nested too deep, no token, a token outside the model's
// vocabulary, or more tokens than it has positions.
absl::StatusOr<TokenLine> ParseTokenLine(std::string_view line, const weights::ModelConfig& config);

// The line with "logprobs": null and then one number for each further token.
std::string ScoredLine(const TokenLine& line, const float* log_probs);

}  // namespace gyre::cli
