// Reading JSON that comes from outside. nlohmann::json takes every depth of nesting, but its
// copies, comparisons and texts recurse, so that a hostile text would exhaust the stack.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace gyre::base {

// Of a JSON text, before it is parsed. INVALID_ARGUMENT: arrays and objects stand deeper within
// each other than in any text that is meant well.
absl::Status CheckJsonDepth(std::string_view text);

// INVALID_ARGUMENT: not a JSON object, or nested too deep.
absl::StatusOr<nlohmann::json> ParseJsonObject(std::string_view text);

// The value of `key`; nullptr if it is absent or null.
const nlohmann::json* FindField(const nlohmann::json& object, const char* key);

}  // namespace gyre::base
