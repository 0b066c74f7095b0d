#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gyre::spec {

// One part of a path such as `stage[1].rl.steps`.
struct FieldPathPart {
  std::string name;
  std::optional<int> index;
};

// INVALID_ARGUMENT unless the path is names with optional indices, joined by dots.
absl::StatusOr<std::vector<FieldPathPart>> ParseFieldPath(absl::string_view path);

}  // namespace gyre::spec
