#include "text/nfc_normalizer.h"

#include <utf8proc.h>

#include <algorithm>
#include <vector>

#include "base/check.h"
#include "text/character_classes.h"
#include "text/utf8.h"

namespace gyre::text {
namespace {

// The canonical decomposition of `text`.
std::vector<utf8proc_int32_t> Decomposed(std::string_view text) {
  constexpr int kMostParts = 32;  // no character has more than 4
  std::vector<utf8proc_int32_t> characters;
  int last_boundary = 0;
  for (size_t at = 0; at < text.size();) {
    const Utf8Character character = Utf8CharacterAt(text, at);
    utf8proc_int32_t parts[kMostParts];
    const utf8proc_ssize_t count =
        utf8proc_decompose_char(static_cast<utf8proc_int32_t>(character.value), parts, kMostParts,
                                UTF8PROC_DECOMPOSE, &last_boundary);
    GYRE_CHECK(count > 0 && count <= kMostParts, "a character has from 1 to 4 parts");
    characters.insert(characters.end(), parts, parts + count);
    at += character.size;
  }
  return characters;
}

// Puts marks that follow one another into the order of their combining classes. utf8proc has this,
// too, but takes quadratic time for a long run of marks.
void OrderMarks(std::vector<utf8proc_int32_t>* characters) {
  auto combining_class = [](utf8proc_int32_t character) {
    return utf8proc_get_property(character)->combining_class;
  };
  for (auto begin = characters->begin(); begin != characters->end();) {
    if (combining_class(*begin) == 0) {
      ++begin;
      continue;
    }
    auto end = std::find_if(begin, characters->end(),
                            [&](utf8proc_int32_t c) { return combining_class(c) == 0; });
    std::stable_sort(begin, end, [&](utf8proc_int32_t a, utf8proc_int32_t b) {
      return combining_class(a) < combining_class(b);
    });
    begin = end;
  }
}

void AppendNfc(std::string_view text, std::string* composed) {
  std::vector<utf8proc_int32_t> characters = Decomposed(text);
  OrderMarks(&characters);
  const utf8proc_ssize_t count =
      utf8proc_normalize_utf32(characters.data(), static_cast<utf8proc_ssize_t>(characters.size()),
                               static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  GYRE_CHECK(count >= 0, "code points compose, whatever they are");
  for (utf8proc_ssize_t i = 0; i < count; ++i) {
    AppendUtf8(static_cast<char32_t>(characters[i]), composed);
  }
}

}  // namespace

// Only the neighbourhood of unsettled characters can change: such a stretch begins with the
// character in front of the first of them and ends in front of a character that is settled and has
// a settled one behind it. An inert character takes part in nothing, so it ends a stretch, too.
std::string_view NfcNormalizer::Normalize(std::string_view text, std::string* storage) const {
  storage->clear();
  size_t copied = 0;    // text before this is in storage
  size_t previous = 0;  // begin of the character before `at`
  bool previous_inert = true;
  for (size_t at = 0; at < text.size();) {
    const Utf8Character character = Utf8CharacterAt(text, at);
    const uint8_t classes = ClassesOf(character.value);
    if ((classes & (kUnsettled | kInert)) != kUnsettled) {
      previous = at;
      previous_inert = (classes & kInert) != 0;
      at += character.size;
      continue;
    }
    const size_t begin = previous_inert ? at : previous;
    size_t end = at + character.size;
    while (end < text.size()) {
      const Utf8Character next = Utf8CharacterAt(text, end);
      if ((ClassesOf(next.value) & (kUnsettled | kInert)) != kUnsettled) break;
      end += next.size;
    }
    storage->append(text.substr(copied, begin - copied));
    AppendNfc(text.substr(begin, end - begin), storage);
    copied = previous = at = end;
    previous_inert = true;
  }
  if (copied == 0) return text;
  storage->append(text.substr(copied));
  return *storage;
}

}  // namespace gyre::text
