#include "weights/safetensors_index.h"

#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/json_object.h"
#include "base/status_macros.h"
#include "weights/quoted.h"

namespace gyre::weights {
namespace {

using nlohmann::json;

// The file is opened beside the index: no path may lead out of the folder.
bool IsPlainName(const std::string& name) {
  return absl::EndsWith(name, ".safetensors") && name.front() != '.' &&
         name.find_first_of(std::string("/\\\0", 3)) == std::string::npos;
}

// A key that stands twice in one object; empty: none does. (The JSON library keeps the last.)
std::string RepeatedKey(std::string_view text) {
  std::vector<std::set<std::string>> keys;
  std::string repeated;
  const json::parser_callback_t watch = [&](int, json::parse_event_t event, json& value) {
    if (event == json::parse_event_t::object_start) keys.emplace_back();
    if (event == json::parse_event_t::object_end && !keys.empty()) keys.pop_back();
    if (event == json::parse_event_t::key && !keys.empty() &&
        !keys.back().insert(value.get<std::string>()).second) {
      repeated = value.get<std::string>();
    }
    return true;
  };
  const json ignored = json::parse(text, watch, /*allow_exceptions=*/false);
  return repeated;
}

}  // namespace

std::vector<std::string> SafetensorsIndex::Files() const {
  std::set<std::string> names;
  for (const auto& [tensor, file] : file_of_tensor) names.insert(file);
  return {names.begin(), names.end()};
}

absl::StatusOr<SafetensorsIndex> ParseSafetensorsIndex(std::string_view text) {
  GYRE_ASSIGN_OR_RETURN(const json root, base::ParseJsonObject(text));
  if (const std::string key = RepeatedKey(text); !key.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(Quoted(key), " stands in it twice"));
  }
  const json* map = base::FindField(root, "weight_map");
  if (map == nullptr || !map->is_object() || map->empty()) {
    return absl::InvalidArgumentError("\"weight_map\" must name the file of each tensor");
  }
  SafetensorsIndex index;
  for (const auto& [tensor, file] : map->items()) {
    if (!file.is_string() || !IsPlainName(file.get<std::string>())) {
      return absl::InvalidArgumentError(
          absl::StrCat("the file of tensor ", Quoted(tensor),
                       " must be the name of a .safetensors file beside it"));
    }
    index.file_of_tensor[tensor] = file.get<std::string>();
  }
  return index;
}

std::string SafetensorsIndexJson(const SafetensorsIndex& index) {
  const json root = {{"metadata", {{"total_size", index.total_size}}},
                     {"weight_map", index.file_of_tensor}};
  return root.dump(2) + "\n";
}

}  // namespace gyre::weights
