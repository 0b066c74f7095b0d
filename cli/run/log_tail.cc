#include "cli/run/log_tail.h"

#include <algorithm>
#include <fstream>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace gyre::cli {
namespace {

constexpr std::streamoff kTailBytes = 64 << 10;

std::string ReadTail(const std::string& path, uint64_t begin) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return "";
  const std::streamoff size = file.tellg();
  // A log that has become shorter was written anew.
  const std::streamoff first = static_cast<std::streamoff>(begin) <= size ? begin : 0;
  const std::streamoff start = std::max(first, size - kTailBytes);
  std::string text(static_cast<std::size_t>(size - start), '\0');
  file.seekg(start);
  file.read(text.data(), size - start);
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

// Where the level stands in a log line: behind "2026-01-31 12:00:00.000 " (see base/logging.h).
constexpr std::size_t kLevelColumn = 24;

bool IsLogLine(const std::string& line) {
  return line.size() >= kLevelColumn && line[4] == '-' && line[10] == ' ' && line[19] == '.';
}

// What main() says of its end ("gyre-learner: ..."), a log line of level error or critical, or a
// failed check.
bool TellsOfAnError(const std::string& line) {
  if (IsLogLine(line)) {
    const absl::string_view rest = absl::string_view(line).substr(kLevelColumn);
    return absl::StartsWith(rest, "error ") || absl::StartsWith(rest, "critical ");
  }
  return absl::StartsWith(line, "gyre-") || absl::StrContains(line, " is false)") ||
         absl::StrContains(line, "terminate called");
}

// Without "2026-01-31 12:00:00.000 error actor-0: ".
std::string WithoutPrefix(const std::string& line) {
  if (absl::StartsWith(line, "gyre-"))
    return line.substr(std::min(line.find(": ") + 2, line.size()));
  if (!IsLogLine(line)) return line;
  const std::size_t colon = line.find(": ", kLevelColumn);
  return colon == std::string::npos ? line : line.substr(colon + 2);
}

}  // namespace

std::string LastErrorLine(const std::string& log_file, uint64_t begin) {
  const std::vector<std::string> lines =
      absl::StrSplit(ReadTail(log_file, begin), '\n', absl::SkipWhitespace());
  if (lines.empty()) return "";
  const auto found = std::find_if(lines.rbegin(), lines.rend(), TellsOfAnError);
  return WithoutPrefix(found != lines.rend() ? *found : lines.back());
}

}  // namespace gyre::cli
