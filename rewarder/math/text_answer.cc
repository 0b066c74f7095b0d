#include "rewarder/math/text_answer.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "rewarder/math/vocabulary.h"

namespace gyre::rewarder::math {
namespace {

// The text without commands such as \text and without braces.
std::string WithoutDress(absl::string_view cleaned) {
  std::string text;
  for (size_t i = 0; i < cleaned.size(); ++i) {
    if (cleaned[i] == '\\') {
      size_t size = 1;
      while (i + size < cleaned.size() && absl::ascii_isalpha(cleaned[i + size])) ++size;
      const absl::string_view name = cleaned.substr(i + 1, size - 1);
      const bool is_dress = absl::StartsWith(name, "text") || name == "mbox" || name == "mathrm" ||
                            name == "mathbf" || name == "boxed" || name == "quad" || name.empty() ||
                            name == "mathit" || name == "operatorname" || name == "left" ||
                            name == "right";
      if (!is_dress) absl::StrAppend(&text, cleaned.substr(i, size));
      i += size == 1 ? 1 : size - 1;
      if (is_dress && size == 1) text.push_back(' ');
    } else if (cleaned[i] != '{' && cleaned[i] != '}') {
      text.push_back(cleaned[i]);
    }
  }
  return text;
}

bool IsLetterOrDigit(char c) {
  return absl::ascii_isalnum(c) || static_cast<unsigned char>(c) >= 0x80;
}

// A run of letters that is read as a product of symbols, such as "xy" or "abc".
bool MayBeProduct(absl::string_view word) {
  if (word.size() == 2) return true;
  if (word.size() > 3) return false;
  return word.find_first_not_of("abc") == absl::string_view::npos ||
         word.find_first_of("aeiouAEIOU") == absl::string_view::npos;
}

}  // namespace

std::string FoldedText(absl::string_view cleaned) {
  std::string folded;
  for (const char c : WithoutDress(cleaned)) {
    if (IsLetterOrDigit(c)) folded.push_back(c);
    // What two answers in words may not be without: 3-4 against 34.
    if (c == '-' || c == '+' || c == '/' || c == '.' || c == '\\' || c == '^' || c == '<' ||
        c == '>' || c == '=') {
      folded.push_back(c);
    }
  }
  while (!folded.empty() && (folded.back() == '.' || folded.back() == '\\')) folded.pop_back();
  if (folded.size() > 1) folded = absl::AsciiStrToLower(folded);
  return folded;
}

bool IsProse(absl::string_view cleaned) {
  const std::string text = WithoutDress(cleaned);
  int words = 0;
  for (size_t i = 0; i < text.size();) {
    if (!absl::ascii_isalpha(text[i])) {
      const bool is_quiet = text[i] == ' ' || text[i] == '-' || text[i] == '\'' || text[i] == '.' ||
                            text[i] == ',' || text[i] == '"' ||
                            static_cast<unsigned char>(text[i]) >= 0x80;
      if (!is_quiet) return false;
      ++i;
      continue;
    }
    size_t size = 0;
    while (i + size < text.size() && absl::ascii_isalpha(text[i + size])) ++size;
    const absl::string_view word = absl::string_view(text).substr(i, size);
    i += size;
    if (word == "or" || word == "and" || word == "pi" || word == "infinity" || word == "inf" ||
        word == "oo" || IsSymbolName(word) || !FunctionNamed(word).empty()) {
      continue;
    }
    if (size > 1 && !MayBeProduct(word)) ++words;
  }
  return words > 0;
}

bool MayBeWords(absl::string_view cleaned) {
  const std::string text = WithoutDress(cleaned);
  const bool is_latex = text.find_first_of("\\^_&#") != std::string::npos;
  const bool is_balanced = std::count(cleaned.begin(), cleaned.end(), '{') ==
                           std::count(cleaned.begin(), cleaned.end(), '}');
  return !is_latex && is_balanced && std::any_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalpha(c) || static_cast<unsigned char>(c) >= 0x80;
  });
}

const Node* KnownPhrase(absl::string_view cleaned, NodeStore& store) {
  static const auto& phrases = *new absl::flat_hash_map<absl::string_view, Kind>{
      {"nosolution", Kind::kEmptySet},     {"nosolutions", Kind::kEmptySet},
      {"norealsolution", Kind::kEmptySet}, {"norealsolutions", Kind::kEmptySet},
      {"emptyset", Kind::kEmptySet},       {"theemptyset", Kind::kEmptySet},
      {"nosuchnumbers", Kind::kEmptySet},  {"nosolutionexists", Kind::kEmptySet},
      {"allrealnumbers", Kind::kNamedSet}, {"allreals", Kind::kNamedSet},
      {"realnumbers", Kind::kNamedSet},    {"anyrealnumber", Kind::kNamedSet}};
  if (cleaned.size() > 60) return nullptr;
  const auto found = phrases.find(FoldedText(cleaned));
  if (found == phrases.end()) return nullptr;
  return store.Add(found->second, {}, found->second == Kind::kNamedSet ? "R" : "");
}

char OptionLetter(absl::string_view cleaned) {
  const std::string dressed = WithoutDress(cleaned);
  absl::string_view text = absl::StripAsciiWhitespace(dressed);
  const bool has_bracket = absl::ConsumePrefix(&text, "(");
  if (text.empty() || text[0] < 'A' || text[0] > 'J') return 0;
  const char letter = text[0];
  text.remove_prefix(1);
  const bool is_closed = has_bracket || absl::StartsWith(text, ")") ||
                         absl::StartsWith(text, ".") || absl::StartsWith(text, ":");
  if (has_bracket && !absl::StartsWith(text, ")")) return 0;
  if (text.empty() || (is_closed && (text.size() == 1 || text[1] == ' '))) return letter;
  return 0;
}

}  // namespace gyre::rewarder::math
