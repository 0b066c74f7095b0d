#include "rewarder/math/number_reader.h"

#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace gyre::rewarder::math {
namespace {

constexpr int64_t kMaximumExponent = 5'000;

size_t CountDigits(absl::string_view text, size_t at) {
  size_t size = 0;
  while (at + size < text.size() && absl::ascii_isdigit(text[at + size])) ++size;
  return size;
}

struct Separator {
  absl::string_view text;
  bool is_certain;  // nobody writes it between two numbers of a list
};
constexpr std::array<Separator, 9> kSeparators = {{{"{,}", true},
                                                   {"{,\\!}", true},
                                                   {",\\! ", true},
                                                   {",\\!", true},
                                                   {"\\,", true},
                                                   {" {, }", true},
                                                   {"{, }", true},
                                                   {",", false},
                                                   {" ", false}}};

// The separator at text[at] if exactly three digits follow it.
const Separator* GroupSeparator(absl::string_view text, size_t at, bool joins_commas) {
  for (const Separator& separator : kSeparators) {
    if (!absl::StartsWith(text.substr(at), separator.text)) continue;
    if (!separator.is_certain && !joins_commas) return nullptr;
    if (CountDigits(text, at + separator.text.size()) == 3) return &separator;
    if (separator.text.size() > 1) continue;
    return nullptr;
  }
  return nullptr;
}

// The digits of a whole number with groups; how many bytes they take.
size_t ReadGroups(absl::string_view text, size_t at, bool joins_commas, std::string* digits) {
  const size_t first = CountDigits(text, at);
  absl::StrAppend(digits, text.substr(at, first));
  if (first == 0 || first > 3 || text[at] == '0') return first;
  const Separator* separator = GroupSeparator(text, at + first, joins_commas);
  if (separator == nullptr) return first;
  size_t size = first;
  const absl::string_view kind = separator->text;
  while (separator != nullptr && separator->text == kind) {
    absl::StrAppend(digits, text.substr(at + size + kind.size(), 3));
    size += kind.size() + 3;
    separator = GroupSeparator(text, at + size, joins_commas);
  }
  // 100,200,3 is a list.
  if (kind == "," && absl::StartsWith(text.substr(at + size), ",") &&
      CountDigits(text, at + size + 1) > 0) {
    digits->resize(first);
    return first;
  }
  return size;
}

// The digits that repeat behind a decimal part, as \overline{...}, \dot{3}, (3) or three points
// say.
size_t ReadRepetend(absl::string_view text, size_t at, const std::string& decimals,
                    std::string* repetend) {
  const absl::string_view rest = text.substr(at);
  for (const absl::string_view mark : {"\\overline{", "\\overline ", "\\bar{", "\\dot{", "("}) {
    if (!absl::StartsWith(rest, mark)) continue;
    const size_t count = CountDigits(rest, mark.size());
    const size_t end = mark.size() + count;
    const char close = mark == "(" ? ')' : '}';
    if (count == 0 || mark == "\\overline " || end >= rest.size() || rest[end] != close) return 0;
    if (mark == "(" && end + 1 != rest.size()) return 0;  // 0.5(3)x is a product
    *repetend = std::string(rest.substr(mark.size(), count));
    if (mark != "\\dot{") return end + 1;
    // \dot{1}4285\dot{7}
    const size_t between = CountDigits(rest, end + 1);
    const absl::string_view last = rest.substr(end + 1 + between);
    if (absl::StartsWith(last, "\\dot{") && CountDigits(last, 5) == 1 && last.size() > 6 &&
        last[6] == '}') {
      absl::StrAppend(repetend, rest.substr(end + 1, between), last.substr(5, 1));
      return end + 1 + between + 7;
    }
    return end + 1;
  }
  for (const absl::string_view mark : {"...", "\\ldots", "\\dots", "\\cdots"}) {
    if (!absl::StartsWith(rest, mark)) continue;
    const size_t size = decimals.size();
    for (size_t period = 1; period <= std::min<size_t>(size / 2, 60); ++period) {
      const size_t needed = period == 1 ? 3 : 2 * period;
      if (size < needed) continue;
      bool repeats = true;
      for (size_t i = size - needed + period; i < size; ++i) {
        repeats = repeats && decimals[i] == decimals[i - period];
      }
      if (!repeats) continue;
      *repetend = decimals.substr(size - period);
      return mark.size();
    }
    return 0;
  }
  return 0;
}

size_t ReadExponent(absl::string_view text, size_t at, int64_t* exponent) {
  if (at >= text.size() || (text[at] != 'e' && text[at] != 'E')) return 0;
  size_t size = 1;
  bool is_negative = false;
  if (at + size < text.size() && (text[at + size] == '-' || text[at + size] == '+')) {
    is_negative = text[at + size] == '-';
    ++size;
  }
  const size_t count = CountDigits(text, at + size);
  if (count == 0 || count > 6) return 0;
  for (size_t i = 0; i < count; ++i) *exponent = *exponent * 10 + (text[at + size + i] - '0');
  if (*exponent > kMaximumExponent) return 0;
  if (is_negative) *exponent = -*exponent;
  return size + count;
}

}  // namespace

size_t ReadNumber(absl::string_view text, size_t at, bool joins_commas, Token* token) {
  std::string digits, decimals, repetend;
  size_t size = ReadGroups(text, at, joins_commas, &digits);
  token->type = TokenType::kNumber;
  const bool has_point = at + size < text.size() && text[at + size] == '.' &&
                         !absl::StartsWith(text.substr(at + size), "...");
  if (has_point) {
    const size_t count = CountDigits(text, at + size + 1);
    decimals = std::string(text.substr(at + size + 1, count));
    size += 1 + count;
    token->digits = static_cast<int32_t>(count);
    const size_t repeated = ReadRepetend(text, at + size, decimals, &repetend);
    size += repeated;
    if (count == 0 && repeated == 0) {  // "5." ends a sentence
      token->digits = -1;
    }
  }
  if (digits.size() + decimals.size() + repetend.size() > kMaximumDigits) {
    token->type = TokenType::kWord;
    token->text = std::string(text.substr(at, size));
    return size;
  }
  const auto places = static_cast<int64_t>(decimals.size());
  token->number = Rational::OfDigits(digits + decimals) * Rational::PowerOfTen(-places);
  if (!repetend.empty()) {
    const Rational nines =
        Rational::PowerOfTen(static_cast<int64_t>(repetend.size())) - Rational(1);
    token->number =
        token->number + Rational::OfDigits(repetend) / nines * Rational::PowerOfTen(-places);
    token->digits = -1;  // exact
  }
  int64_t exponent = 0;
  if (const size_t more = ReadExponent(text, at + size, &exponent); more > 0) {
    token->number = token->number * Rational::PowerOfTen(exponent);
    token->is_scientific = true;
    size += more;
  }
  token->text = std::string(text.substr(at, size));
  return size;
}

}  // namespace gyre::rewarder::math
