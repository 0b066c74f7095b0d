#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace gyre::text {

// One component of a tokenizer.json, and what it is called there.
struct Component {
  const nlohmann::json* value;  // an object
  std::string type;
};

// The components of `value` in order: its own, or those of its "Sequence" (listed under
// `list_key`), however nested; empty if it is nullptr. INVALID_ARGUMENT: no object, no type, more
// of them or nested deeper than anybody means.
absl::StatusOr<std::vector<Component>> ListComponents(const nlohmann::json* value,
                                                      const char* list_key,
                                                      const std::string& where);

}  // namespace gyre::text
