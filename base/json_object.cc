#include "base/json_object.h"

#include <cstddef>

#include "base/status_macros.h"

namespace gyre::base {
namespace {

constexpr int kMostDepth = 64;

}  // namespace

absl::Status CheckJsonDepth(std::string_view text) {
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
      if (++depth > kMostDepth) {
        return absl::InvalidArgumentError("is JSON that is nested too deep");
      }
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<nlohmann::json> ParseJsonObject(std::string_view text) {
  GYRE_RETURN_IF_ERROR(CheckJsonDepth(text));
  nlohmann::json root = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!root.is_object()) return absl::InvalidArgumentError("is not a JSON object");
  return root;
}

const nlohmann::json* FindField(const nlohmann::json& object, const char* key) {
  auto entry = object.find(key);
  return entry == object.end() || entry->is_null() ? nullptr : &*entry;
}

}  // namespace gyre::base
