#include "text/strip.h"

#include <algorithm>

#include "text/character_classes.h"
#include "text/utf8.h"

namespace gyre::text {
namespace {

// Python takes the four ASCII separators, too, which have not Unicode's White_Space.
bool IsPythonSpace(char32_t character) {
  return (ClassesOf(character) & kSpace) != 0 || (character >= 0x1C && character <= 0x1F);
}

}  // namespace

std::string_view StripLeft(std::string_view text, char mark) {
  return text.substr(std::min(text.find_first_not_of(mark), text.size()));
}

std::string_view StripRight(std::string_view text, char mark) {
  const size_t last = text.find_last_not_of(mark);
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

std::string_view StripWhiteSpace(std::string_view text) {
  while (!text.empty()) {
    const Utf8Character first = Utf8CharacterAt(text, 0);
    if (!IsPythonSpace(first.value)) break;
    text.remove_prefix(first.size);
  }
  while (!text.empty()) {
    const size_t size = Utf8SizeBefore(text, text.size());
    if (!IsPythonSpace(Utf8CharacterAt(text, text.size() - size).value)) break;
    text.remove_suffix(size);
  }
  return text;
}

}  // namespace gyre::text
