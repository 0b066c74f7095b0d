// For the readers of JSON files in this folder; not part of what the folder offers.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "absl/status/statusor.h"

namespace gyre::weights {

// INVALID_ARGUMENT: not a JSON object, or nested deeper than any file that is meant well (the
// library's comparisons and texts recurse).
absl::StatusOr<nlohmann::json> ParseJsonObject(std::string_view text);

// The value of `key`; nullptr if it is absent or null.
const nlohmann::json* FindKey(const nlohmann::json& object, const char* key);

}  // namespace gyre::weights
