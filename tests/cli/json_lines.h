#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "base/file.h"

namespace gyre::cli {

// The objects of a .jsonl file that is there and whole.
inline std::vector<nlohmann::json> JsonLines(const std::string& path) {
  std::vector<nlohmann::json> lines;
  for (const auto& line : absl::StrSplit(*base::ReadFile(path), '\n', absl::SkipEmpty()))
    lines.push_back(nlohmann::json::parse(line));
  return lines;
}

}  // namespace gyre::cli
