#include "text/json_fields.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "base/json_object.h"
#include "base/status_macros.h"
#include "text/one_line.h"

namespace gyre::text {

using nlohmann::json;

absl::Status WrongField(const std::string& where, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(where, ": ", OneLine(what)));
}

absl::Status Unsupported(const std::string& where, const std::string& what) {
  return absl::UnimplementedError(absl::StrCat(where, ": ", OneLine(what), " is not supported"));
}

absl::StatusOr<std::string> StringField(const json& object, const char* key,
                                        const std::string& where) {
  const json* value = base::FindField(object, key);
  if (value == nullptr || !value->is_string()) {
    return WrongField(where, absl::StrCat("\"", key, "\" must be a string"));
  }
  return value->get<std::string>();
}

absl::StatusOr<std::string> StringFieldOr(const json& object, const char* key,
                                          std::string_view otherwise, const std::string& where) {
  if (base::FindField(object, key) == nullptr) return std::string(otherwise);
  return StringField(object, key, where);
}

absl::StatusOr<bool> BoolFieldOr(const json& object, const char* key, bool otherwise,
                                 const std::string& where) {
  const json* value = base::FindField(object, key);
  if (value == nullptr) return otherwise;
  if (!value->is_boolean()) {
    return WrongField(where, absl::StrCat("\"", key, "\" must be true or false"));
  }
  return value->get<bool>();
}

absl::StatusOr<int32_t> TokenId(const json& value, const std::string& where) {
  if (!value.is_number_unsigned() ||
      value.get<uint64_t>() >= uint64_t{std::numeric_limits<int32_t>::max()}) {
    return WrongField(where, "an id must be a whole number from 0 to 2147483646");
  }
  return static_cast<int32_t>(value.get<uint64_t>());
}

absl::Status CheckKeys(const json& object, std::initializer_list<std::string_view> known,
                       const std::string& where) {
  for (const auto& [key, value] : object.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      return Unsupported(where, absl::StrCat("\"", key, "\""));
    }
  }
  return absl::OkStatus();
}

}  // namespace gyre::text
