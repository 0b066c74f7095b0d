#include "text/component_list.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/json_object.h"
#include "base/status_macros.h"
#include "text/json_fields.h"

namespace gyre::text {
namespace {

using nlohmann::json;

constexpr int kMaxNesting = 8;
constexpr size_t kMostComponents = 64;

absl::Status AppendComponents(const json& value, const char* list_key, const std::string& where,
                              int nesting, std::vector<Component>* components) {
  if (nesting > kMaxNesting) return WrongField(where, "Sequences are nested too deeply");
  if (!value.is_object()) return WrongField(where, "must be an object");
  GYRE_ASSIGN_OR_RETURN(std::string type, StringField(value, "type", where));
  if (components->size() == kMostComponents) {
    return WrongField(where, absl::StrCat("there are more than ", kMostComponents));
  }
  if (type != "Sequence") {
    components->push_back({&value, std::move(type)});
    return absl::OkStatus();
  }
  GYRE_RETURN_IF_ERROR(CheckKeys(value, {"type", list_key}, where));
  const json* list = base::FindField(value, list_key);
  if (list == nullptr || !list->is_array()) {
    return WrongField(where, absl::StrCat("\"", list_key, "\" must be a list"));
  }
  for (size_t i = 0; i < list->size(); ++i) {
    GYRE_RETURN_IF_ERROR(AppendComponents((*list)[i], list_key, absl::StrCat(where, "[", i, "]"),
                                          nesting + 1, components));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<Component>> ListComponents(const json* value, const char* list_key,
                                                      const std::string& where) {
  std::vector<Component> components;
  if (value != nullptr) {
    GYRE_RETURN_IF_ERROR(AppendComponents(*value, list_key, where, 0, &components));
  }
  return components;
}

}  // namespace gyre::text
