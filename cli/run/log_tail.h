#pragma once

#include <cstdint>
#include <string>

namespace gyre::cli {

// The last line of a log from the byte `begin` on that tells of an error, or else its last line,
// without its time; empty if there is nothing. Reads the end of the file only.
std::string LastErrorLine(const std::string& log_file, uint64_t begin = 0);

}  // namespace gyre::cli
