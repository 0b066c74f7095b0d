#include "rewarder/math/units.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace gyre::rewarder::math {
namespace {

const absl::flat_hash_map<absl::string_view, UnitWord>& Units() {
  static const auto& units =
      *new absl::flat_hash_map<absl::string_view, UnitWord>{{"km", {'L', 1000, 1}},
                                                            {"kilometer", {'L', 1000, 1}},
                                                            {"kilometre", {'L', 1000, 1}},
                                                            {"meter", {'L', 1, 1}},
                                                            {"metre", {'L', 1, 1}},
                                                            {"cm", {'L', 1, 100}},
                                                            {"centimeter", {'L', 1, 100}},
                                                            {"centimetre", {'L', 1, 100}},
                                                            {"mm", {'L', 1, 1000}},
                                                            {"millimeter", {'L', 1, 1000}},
                                                            {"dm", {'L', 1, 10}},
                                                            {"decimeter", {'L', 1, 10}},
                                                            {"inch", {'L', 254, 10000}},
                                                            {"inches", {'L', 254, 10000}},
                                                            {"foot", {'L', 3048, 10000}},
                                                            {"feet", {'L', 3048, 10000}},
                                                            {"ft", {'L', 3048, 10000}},
                                                            {"yard", {'L', 9144, 10000}},
                                                            {"yd", {'L', 9144, 10000}},
                                                            {"mile", {'L', 1609344, 1000}},
                                                            {"mi", {'L', 1609344, 1000}},
                                                            {"kg", {'M', 1000, 1}},
                                                            {"kilogram", {'M', 1000, 1}},
                                                            {"gram", {'M', 1, 1}},
                                                            {"mg", {'M', 1, 1000}},
                                                            {"milligram", {'M', 1, 1000}},
                                                            {"ton", {'M', 1000000, 1}},
                                                            {"tonne", {'M', 1000000, 1}},
                                                            {"lb", {'P', 16, 1}},
                                                            {"pound", {'P', 16, 1}},
                                                            {"oz", {'P', 1, 1}},
                                                            {"ounce", {'P', 1, 1}},
                                                            {"second", {'T', 1, 1}},
                                                            {"sec", {'T', 1, 1}},
                                                            {"minute", {'T', 60, 1}},
                                                            {"min", {'T', 60, 1}},
                                                            {"hour", {'T', 3600, 1}},
                                                            {"hr", {'T', 3600, 1}},
                                                            {"day", {'T', 86400, 1}},
                                                            {"week", {'T', 604800, 1}},
                                                            {"month", {'O', 1, 1}},
                                                            {"year", {'O', 12, 1}},
                                                            {"yr", {'O', 12, 1}},
                                                            {"liter", {'V', 1000, 1}},
                                                            {"litre", {'V', 1000, 1}},
                                                            {"ml", {'V', 1, 1}},
                                                            {"mL", {'V', 1, 1}},
                                                            {"milliliter", {'V', 1, 1}},
                                                            {"cup", {'C', 1, 1}},
                                                            {"pint", {'C', 2, 1}},
                                                            {"quart", {'C', 4, 1}},
                                                            {"gallon", {'C', 16, 1}},
                                                            {"dollar", {'$', 100, 1}},
                                                            {"cent", {'$', 1, 1}},
                                                            {"euro", {'E', 1, 1}},
                                                            {"yuan", {'Y', 1, 1}},
                                                            {"yen", {'J', 1, 1}},
                                                            {"rupee", {'R', 1, 1}},
                                                            {"ruble", {'B', 1, 1}},
                                                            {"unit", {'1', 1, 1}},
                                                            {"square", {'s', 1, 1}},
                                                            {"sq", {'s', 1, 1}},
                                                            {"cubic", {'c', 1, 1}},
                                                            {"cu", {'c', 1, 1}},
                                                            {"rad", {'1', 1, 1}},
                                                            {"radian", {'1', 1, 1}},
                                                            {"mph", {'h', 1, 1}},
                                                            {"kmh", {'k', 1, 1}},
                                                            {"kph", {'k', 1, 1}},
                                                            {"people", {'1', 1, 1}},
                                                            {"student", {'1', 1, 1}},
                                                            {"apple", {'1', 1, 1}},
                                                            {"way", {'1', 1, 1}},
                                                            {"times", {'1', 1, 1}},
                                                            {"point", {'1', 1, 1}},
                                                            {"bit", {'I', 1, 1}},
                                                            {"byte", {'I', 8, 1}},
                                                            {"watt", {'W', 1, 1}},
                                                            {"joule", {'U', 1, 1}},
                                                            {"newton", {'N', 1, 1}},
                                                            {"volt", {'v', 1, 1}},
                                                            {"hz", {'H', 1, 1}},
                                                            {"Hz", {'H', 1, 1}},
                                                            {"mol", {'o', 1, 1}},
                                                            {"acre", {'a', 1, 1}},
                                                            {"hectare", {'e', 1, 1}},
                                                            {"ha", {'e', 1, 1}}};
  return units;
}

// A letter alone is a unit only where letters are known not to be symbols: inside \text.
const absl::flat_hash_map<absl::string_view, UnitWord>& UnitLetters() {
  static const auto& units = *new absl::flat_hash_map<absl::string_view, UnitWord>{
      {"m", {'L', 1, 1}},    {"g", {'M', 1, 1}},    {"s", {'T', 1, 1}},      {"h", {'T', 3600, 1}},
      {"l", {'V', 1000, 1}}, {"L", {'V', 1000, 1}}, {"t", {'M', 1000000, 1}}};
  return units;
}

}  // namespace

const UnitWord* UnitNamed(absl::string_view word) {
  auto found = Units().find(word);
  if (found == Units().end() && word.size() > 2 && word.back() == 's') {
    found = Units().find(word.substr(0, word.size() - 1));
  }
  if (found == Units().end() && word.size() > 2) {
    const std::string lower = absl::AsciiStrToLower(word);
    if (lower != word) return UnitNamed(lower);
  }
  return found == Units().end() ? nullptr : &found->second;
}

std::optional<UnitScale> ScaleOf(absl::string_view unit) {
  std::map<char, int> powers;
  Rational scale(1);
  int direction = 1, prefix = 0;
  for (size_t at = 0; at < unit.size();) {
    const char c = unit[at];
    if (c == '/') direction = -1;
    if (!absl::ascii_isalpha(c)) {
      ++at;
      continue;
    }
    size_t size = 0;
    while (at + size < unit.size() && absl::ascii_isalpha(unit[at + size])) ++size;
    const absl::string_view word = unit.substr(at, size);
    at += size;
    if (word == "per") {
      direction = -1;
      continue;
    }
    const UnitWord* known = UnitNamed(word);
    if (known == nullptr) {
      const auto letter = UnitLetters().find(word);
      if (letter == UnitLetters().end()) return std::nullopt;
      known = &letter->second;
    }
    if (known->dimension == 's' || known->dimension == 'c') {
      prefix = known->dimension == 's' ? 2 : 3;
      continue;
    }
    int power = prefix > 0 ? prefix : 1;
    prefix = 0;
    while (at < unit.size() && (unit[at] == '^' || unit[at] == '{' || unit[at] == ' ')) ++at;
    if (at < unit.size() && (unit[at] == '2' || unit[at] == '3')) power = unit[at] - '0';
    if (power > 3) return std::nullopt;
    powers[known->dimension] += direction * power;
    const Rational one(known->numerator, known->denominator);
    for (int i = 0; i < power; ++i) scale = direction > 0 ? scale * one : scale / one;
    if (scale.Bits() > 2'000) return std::nullopt;
  }
  UnitScale result{"", scale};
  for (const auto& [dimension, power] : powers) {
    if (dimension != '1' && power != 0)
      absl::StrAppend(&result.dimension, std::string(1, dimension), power);
  }
  return result;
}

}  // namespace gyre::rewarder::math
