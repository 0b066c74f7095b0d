#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace gyre::text {

// Fields of a tokenizer's JSON files. `where` names the object in messages: "model: \"vocab\" …".

// INVALID_ARGUMENT: "WHERE: WHAT".
absl::Status WrongField(const std::string& where, const std::string& what);

// UNIMPLEMENTED: "WHERE: WHAT is not supported".
absl::Status Unsupported(const std::string& where, const std::string& what);

absl::StatusOr<std::string> StringField(const nlohmann::json& object, const char* key,
                                        const std::string& where);
absl::StatusOr<std::string> StringFieldOr(const nlohmann::json& object, const char* key,
                                          std::string_view otherwise, const std::string& where);
absl::StatusOr<bool> BoolFieldOr(const nlohmann::json& object, const char* key, bool otherwise,
                                 const std::string& where);

// From 0 to 2147483646.
absl::StatusOr<int32_t> TokenId(const nlohmann::json& value, const std::string& where);

// UNIMPLEMENTED names the first key of `object` that is none of these: what a file says and a
// reader passes over would change the ids.
absl::Status CheckKeys(const nlohmann::json& object, std::initializer_list<std::string_view> known,
                       const std::string& where);

}  // namespace gyre::text
