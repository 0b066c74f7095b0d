#pragma once

#include <string>
#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace gyre::weights {

// A name from a file, for an error: in quotes, and on one line whatever it holds.
inline std::string Quoted(std::string_view name) {
  return absl::StrCat("\"", absl::Utf8SafeCEscape(std::string(name)), "\"");
}

}  // namespace gyre::weights
