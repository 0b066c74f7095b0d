#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace gyre::base {

// write(2) until all bytes are written. Errors name `path` (see file.h).
absl::Status WriteAll(int file, std::string_view bytes, const std::string& path);

}  // namespace gyre::base
