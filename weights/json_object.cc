#include "weights/json_object.h"

namespace gyre::weights {
namespace {

constexpr int kMostDepth = 64;

bool IsTooDeep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMostDepth) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

}  // namespace

absl::StatusOr<nlohmann::json> ParseJsonObject(std::string_view text) {
  if (IsTooDeep(text)) return absl::InvalidArgumentError("is JSON that is nested too deep");
  nlohmann::json root = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!root.is_object()) return absl::InvalidArgumentError("is not a JSON object");
  return root;
}

const nlohmann::json* FindKey(const nlohmann::json& object, const char* key) {
  auto entry = object.find(key);
  return entry == object.end() || entry->is_null() ? nullptr : &*entry;
}

}  // namespace gyre::weights
