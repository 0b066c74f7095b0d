#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace gyre::text {

struct TokenHash {
  using is_transparent = void;
  size_t operator()(std::string_view token) const { return std::hash<std::string_view>()(token); }
};

// Token text to a value, looked up by std::string_view without a copy.
template <typename Value>
using TokenMap = std::unordered_map<std::string, Value, TokenHash, std::equal_to<>>;

}  // namespace gyre::text
