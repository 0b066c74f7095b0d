#include "cli/run/log_tail.h"

#include <algorithm>
#include <fstream>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace gyre::cli {
namespace {

constexpr std::streamoff kTailBytes = 64 << 10;

std::string ReadTail(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return "";
  const std::streamoff size = file.tellg();
  const std::streamoff start = std::max<std::streamoff>(0, size - kTailBytes);
  std::string text(static_cast<std::size_t>(size - start), '\0');
  file.seekg(start);
  file.read(text.data(), size - start);
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

// What main() says of its end ("gyre-learner: ..."), a log line of level error or critical (see
// base/logging.h), or a failed check.
bool TellsOfAnError(const std::string& line) {
  return absl::StartsWith(line, "gyre-") || absl::StrContains(line, " error ") ||
         absl::StrContains(line, " critical ") || absl::StrContains(line, " is false)") ||
         absl::StrContains(line, "terminate called");
}

// Without "2026-01-31 12:00:00.000 error actor-0: ".
std::string WithoutPrefix(const std::string& line) {
  if (absl::StartsWith(line, "gyre-"))
    return line.substr(std::min(line.find(": ") + 2, line.size()));
  if (line.size() < 24 || line[4] != '-' || line[10] != ' ') return line;
  const std::size_t colon = line.find(": ", 24);
  return colon == std::string::npos ? line : line.substr(colon + 2);
}

}  // namespace

std::string LastErrorLine(const std::string& log_file) {
  const std::vector<std::string> lines =
      absl::StrSplit(ReadTail(log_file), '\n', absl::SkipWhitespace());
  if (lines.empty()) return "";
  const auto found = std::find_if(lines.rbegin(), lines.rend(), TellsOfAnError);
  return WithoutPrefix(found != lines.rend() ? *found : lines.back());
}

}  // namespace gyre::cli
