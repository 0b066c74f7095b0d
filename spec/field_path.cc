#include "spec/field_path.h"

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace gyre::spec {
namespace {

std::optional<FieldPathPart> ParsePart(absl::string_view text) {
  FieldPathPart part;
  const std::size_t bracket = text.find('[');
  if (bracket != absl::string_view::npos) {
    if (text.back() != ']') return std::nullopt;
    int index = 0;
    if (!absl::SimpleAtoi(text.substr(bracket + 1, text.size() - bracket - 2), &index) ||
        index < 0) {
      return std::nullopt;
    }
    part.index = index;
    text = text.substr(0, bracket);
  }
  for (const char c : text) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '_') return std::nullopt;
  }
  if (text.empty()) return std::nullopt;
  part.name = std::string(text);
  return part;
}

}  // namespace

absl::StatusOr<std::vector<FieldPathPart>> ParseFieldPath(absl::string_view path) {
  std::vector<FieldPathPart> parts;
  for (const absl::string_view text : absl::StrSplit(path, '.')) {
    std::optional<FieldPathPart> part = ParsePart(text);
    if (!part) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", path, "\" is not a path such as stage[1].rl.steps"));
    }
    parts.push_back(*std::move(part));
  }
  return parts;
}

}  // namespace gyre::spec
