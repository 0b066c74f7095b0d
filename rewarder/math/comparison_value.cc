// Values, with the units, degrees and percent signs behind them.
#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "rewarder/math/comparison.h"
#include "rewarder/math/exact_value.h"
#include "rewarder/math/units.h"

namespace gyre::rewarder::math {
namespace {

bool IsMeasured(Kind kind) {
  return kind == Kind::kWithUnit || kind == Kind::kPercent || kind == Kind::kDegrees;
}

// A decimal as it was written, with a sign or without; null for anything else.
const Node* WrittenDecimal(const Node& node) {
  if (node.kind == Kind::kNegate) return WrittenDecimal(*node.children[0]);
  return node.kind == Kind::kNumber && node.digits > 0 && !node.is_scientific ? &node : nullptr;
}

int SignificantDigits(const Node& decimal) {
  // 0.0123 has three: they are those of the number without its point.
  const Rational digits = decimal.number * Rational::PowerOfTen(decimal.digits);
  return digits.IsZero() ? 0 : static_cast<int>(fmpz_sizeinbase(digits.numerator(), 10));
}

// An infinite value: 1 or -1; 0 for any other.
int InfinityOf(const Node& node) {
  if (node.kind == Kind::kInfinity) return 1;
  return node.kind == Kind::kNegate ? -InfinityOf(*node.children[0]) : 0;
}

bool IsRadians(const Node& node) {
  return node.kind == Kind::kWithUnit && absl::StartsWith(node.name, "rad");
}

Rational PowerOfTenHalf(int places) { return Rational::PowerOfTen(-places) * Rational(1, 2); }

}  // namespace

// Whether a decimal with enough digits is what the other value rounds to.
bool Comparison::AgreeWhenRounded(const Node& gold, const Node& answer) {
  const Node* gold_decimal = WrittenDecimal(gold);
  const Node* answer_decimal = WrittenDecimal(answer);
  Rational tolerance;
  if (preset_.compared_places >= 0) {
    if (gold_decimal == nullptr && answer_decimal == nullptr) return false;
    tolerance = PowerOfTenHalf(preset_.compared_places);
  } else {
    if (preset_.rounded_digits == 0 || (gold_decimal == nullptr) == (answer_decimal == nullptr))
      return false;
    const Node& decimal = gold_decimal != nullptr ? *gold_decimal : *answer_decimal;
    if (SignificantDigits(decimal) < preset_.rounded_digits || decimal.digits > 1'000) return false;
    tolerance = PowerOfTenHalf(decimal.digits);
  }
  const Node* difference = store_.Add(
      Kind::kCall, {store_.Add(Kind::kAdd, {&gold, store_.Add(Kind::kNegate, {&answer})})}, "abs");
  const int order = CompareOrder(*difference, *store_.AddNumber(tolerance), store_, budget_);
  return order == -1 || order == 0;
}

// 5 m in plain text reads as a product; true gives the number alone.
bool Comparison::DiffersByUnitLetter(const Node& gold, const Node& answer, const Node** without) {
  if (gold.kind == Kind::kMultiply || answer.kind != Kind::kMultiply) return false;
  const Node* letter = answer.children.back();
  if (letter->kind == Kind::kPower && letter->children[1]->kind == Kind::kNumber)
    letter = letter->children[0];
  if (letter->kind != Kind::kSymbol) return false;
  const bool is_unit = letter->name == "m" || letter->name == "g" || letter->name == "s" ||
                       letter->name == "h" || letter->name == "L";
  std::set<std::string> symbols;
  CollectSymbols(gold, &symbols);
  Nodes rest(answer.children.begin(), answer.children.end() - 1);
  for (const Node* factor : rest) CollectSymbols(*factor, &symbols);
  if (!is_unit || !symbols.empty()) return false;
  *without = rest.size() == 1 ? rest[0] : store_.Add(Kind::kMultiply, rest);
  return true;
}

Finding Comparison::ComparePlainValues(const Node& gold, const Node& answer) {
  if (!IsValue(gold) || !IsValue(answer)) return Compare(gold, answer);
  const int gold_infinity = InfinityOf(gold), answer_infinity = InfinityOf(answer);
  if (gold_infinity != 0 || answer_infinity != 0) {
    const bool are_same = gold_infinity == answer_infinity;
    return {are_same ? Sameness::kEqual : Sameness::kDifferent, "infinity"};
  }
  // The same number in two bases was not written the same: 54 for 204_5 is, 204_6 is not.
  const Finding finding = CompareValues(gold, answer, store_, budget_);
  if (finding.sameness == Sameness::kEqual) return finding;
  if (AgreeWhenRounded(gold, answer)) return {Sameness::kEqual, "rounded"};
  const Node* without = nullptr;
  if (preset_.units_may_be_left_out) {
    if (DiffersByUnitLetter(gold, answer, &without))
      return CompareValues(gold, *without, store_, budget_);
    if (DiffersByUnitLetter(answer, gold, &without))
      return CompareValues(*without, answer, store_, budget_);
  }
  return finding;
}

Finding Comparison::CompareUnits(const Node& gold, const Node& answer) {
  const Node& left = *gold.children[0];
  const Node& right = *answer.children[0];
  const auto left_scale = ScaleOf(gold.name), right_scale = ScaleOf(answer.name);
  if (!preset_.units_are_converted || !left_scale || !right_scale) return Compare(left, right);
  if (left_scale->dimension != right_scale->dimension) return {Sameness::kDifferent, "other units"};
  if (left_scale->scale == right_scale->scale) return Compare(left, right);
  if (!IsValue(left) || !IsValue(right)) return {Sameness::kDifferent, "other units"};
  return CompareValues(*store_.Add(Kind::kMultiply, {store_.AddNumber(left_scale->scale), &left}),
                       *store_.Add(Kind::kMultiply, {store_.AddNumber(right_scale->scale), &right}),
                       store_, budget_);
}

Finding Comparison::CompareMeasured(const Node& gold, const Node& answer) {
  const Kind left = gold.kind, right = answer.kind;
  if (!IsMeasured(left) && !IsMeasured(right)) return ComparePlainValues(gold, answer);
  if (IsRadians(gold)) return CompareMeasured(*gold.children[0], answer);
  if (IsRadians(answer)) return CompareMeasured(gold, *answer.children[0]);
  if (left == right) {
    if (left == Kind::kWithUnit) return CompareUnits(gold, answer);
    return Compare(*gold.children[0], *answer.children[0]);
  }
  if (left == Kind::kPercent || right == Kind::kPercent) {
    const Node& other = left == Kind::kPercent ? answer : gold;
    if (other.kind == Kind::kWithUnit) return Compare(*gold.children[0], *answer.children[0]);
    const Finding exact = CompareValues(gold, answer, store_, budget_);
    if (exact.sameness == Sameness::kEqual || left != Kind::kPercent ||
        !preset_.percent_may_be_left_out) {
      return exact;
    }
    return Compare(*gold.children[0], answer);
  }
  if (left == Kind::kDegrees || right == Kind::kDegrees) {
    const Node& degrees = left == Kind::kDegrees ? gold : answer;
    const Node& other = left == Kind::kDegrees ? answer : gold;
    if (other.kind == Kind::kWithUnit)
      return CompareMeasured(*gold.children[0], *answer.children[0]);
    if (!preset_.units_may_be_left_out) return CompareValues(gold, answer, store_, budget_);
    const Finding bare = left == Kind::kDegrees ? Compare(*degrees.children[0], other)
                                                : Compare(other, *degrees.children[0]);
    return bare.sameness == Sameness::kEqual ? bare : CompareValues(gold, answer, store_, budget_);
  }
  if (!preset_.units_may_be_left_out) return {Sameness::kDifferent, "no unit"};
  const Node& gold_value = left == Kind::kWithUnit ? *gold.children[0] : gold;
  const Node& answer_value = right == Kind::kWithUnit ? *answer.children[0] : answer;
  return Compare(gold_value, answer_value);
}

// 1:2 is 2:4 and 1/2, but 12:00 is no 1:0.
Finding Comparison::CompareRatios(const Node& gold, const Node& answer) {
  if (gold.kind != answer.kind) {
    const Node& ratio = gold.kind == Kind::kRatio ? gold : answer;
    const Node& other = gold.kind == Kind::kRatio ? answer : gold;
    if (!IsValue(other) && other.kind != Kind::kWithUnit) return kOfDifferentKinds;
    if (other.kind == Kind::kWithUnit) return Compare(ratio, *other.children[0]);
    if (ratio.children.size() != 2) return kOfDifferentKinds;
    return CompareValues(*store_.Add(Kind::kDivide, ratio.children), other, store_, budget_);
  }
  const Nodes& left = gold.children;
  const Nodes& right = answer.children;
  if (left.size() != right.size()) return {Sameness::kDifferent, "ratio"};
  const Finding same = CompareInOrder(left, right);
  if (same.sameness == Sameness::kEqual) return same;
  for (const Nodes* terms : {&left, &right}) {
    for (const Node* term : *terms) {
      if (!IsValue(*term) || (term->kind == Kind::kNumber && term->number.IsZero())) return same;
    }
  }
  Nodes left_products, right_products;
  for (size_t i = 1; i < left.size(); ++i) {
    left_products.push_back(store_.Add(Kind::kMultiply, {left[i], right[0]}));
    right_products.push_back(store_.Add(Kind::kMultiply, {right[i], left[0]}));
  }
  return CompareInOrder(left_products, right_products);
}

}  // namespace gyre::rewarder::math
