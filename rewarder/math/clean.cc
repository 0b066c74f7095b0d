#include "rewarder/math/clean.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "rewarder/math/unicode_signs.h"
#include "text/utf8.h"

namespace gyre::rewarder::math {
namespace {

bool IsWellFormed(absl::string_view text) {
  return !text::FindInvalidUtf8({text.data(), text.size()});
}

// Reads a run of characters that `ascii_for` knows; 0 bytes if there is none.
size_t ReadScript(absl::string_view text, size_t at, char (*ascii_for)(char32_t),
                  std::string* script) {
  size_t size = 0;
  while (at + size < text.size()) {
    const auto character = text::Utf8CharacterAt({text.data(), text.size()}, at + size);
    const char ascii = character.value < 0x80 ? '\0' : ascii_for(character.value);
    if (ascii == 0) break;
    script->push_back(ascii);
    size += character.size;
  }
  return size;
}

// What becomes of a character past ASCII at text[at]; its size in bytes.
size_t AppendSign(absl::string_view text, size_t at, std::string* out) {
  std::string script;
  if (const size_t size = ReadScript(text, at, SuperscriptFor, &script); size > 0) {
    out->append("^{").append(script).append("}");
    return size;
  }
  if (const size_t size = ReadScript(text, at, SubscriptFor, &script); size > 0) {
    out->append("_{").append(script).append("}");
    return size;
  }
  const auto character = text::Utf8CharacterAt({text.data(), text.size()}, at);
  if (character.value >= 0xFF01 && character.value <= 0xFF5E) {  // full width
    out->push_back(static_cast<char>(character.value - 0xFF01 + '!'));
  } else if (const absl::string_view* sign = SignFor(character.value)) {
    out->append(sign->data(), sign->size());
  } else {
    absl::StrAppend(out, text.substr(at, character.size));
  }
  return character.size;
}

// A dollar is a currency when it is escaped, or when it stands alone in front of a number.
std::string WithoutMathMarks(absl::string_view text) {
  std::string out;
  out.reserve(text.size());
  // Escaped once too often, as in JSON: \\\\frac. Rows of matrices end with \\\\.
  const bool has_rows = absl::StrContains(text, "\\begin");
  size_t dollars = 0;
  for (size_t i = 0; i < text.size(); ++i)
    dollars += text[i] == '$' && (i == 0 || text[i - 1] != '\\');
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size()) {
      const char next = text[i + 1];
      if (next == '\\' && !has_rows && i + 2 < text.size() &&
          (absl::ascii_isalpha(text[i + 2]) || text[i + 2] == '{' || text[i + 2] == '}')) {
        continue;
      }
      if (next == '$') {
        out.append("\\currency{dollar} ");
      } else if (next == '(' || next == ')' || next == '[' || next == ']') {
        out.push_back(' ');
      } else {
        out.append({c, next});
      }
      ++i;
    } else if (c == '$') {
      if (dollars == 1) out.append("\\currency{dollar} ");
    } else if (c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f') {
      out.push_back(' ');
    } else {
      out.push_back(c);
    }
  }
  return out;
}

absl::string_view WithoutEnds(absl::string_view text) {
  for (size_t before = text.size() + 1; before != text.size();) {
    before = text.size();
    text = absl::StripAsciiWhitespace(text);
    while (absl::ConsumePrefix(&text, "**") && absl::ConsumeSuffix(&text, "**")) {
      text = absl::StripAsciiWhitespace(text);
    }
    while (!text.empty() && (text.back() == '.' || text.back() == ',' || text.back() == ';') &&
           !absl::EndsWith(text, "..") && !absl::EndsWith(text, "\\,") &&
           !absl::EndsWith(text, "\\;")) {
      text.remove_suffix(1);
    }
    if (absl::EndsWith(text, "\\,") || absl::EndsWith(text, "\\;")) text.remove_suffix(2);
  }
  return text;
}

}  // namespace

std::string Clean(absl::string_view text) {
  std::string ascii;
  ascii.reserve(text.size());
  const bool is_well_formed = IsWellFormed(text);
  for (size_t i = 0; i < text.size();) {
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      ascii.push_back(text[i++]);
    } else if (!is_well_formed) {
      ascii.push_back('?');
      ++i;
    } else {
      i += AppendSign(text, i, &ascii);
    }
  }
  const std::string bare = WithoutMathMarks(WithoutEnds(ascii));
  return std::string(WithoutEnds(bare));
}

}  // namespace gyre::rewarder::math
