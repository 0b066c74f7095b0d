// The outer part of an answer: lists of relations of sets of expressions, and units behind them.
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "rewarder/math/parser.h"
#include "rewarder/math/units.h"
#include "rewarder/math/vocabulary.h"

namespace gyre::rewarder::math {
namespace {

int ZerosNamed(absl::string_view word) {
  if (word == "hundred") return 2;
  if (word == "thousand") return 3;
  if (word == "million") return 6;
  if (word == "billion") return 9;
  return word == "trillion" ? 12 : 0;
}

}  // namespace

const Node* Parser::ParseAnswer() {
  const Node* answer = ParseList();
  if (failed_ || answer == nullptr || Peek().type != TokenType::kEnd) return nullptr;
  return answer;
}

// Whether a word that joins list items comes next, as \text{ or }, "or" or \lor.
bool Parser::TakeJoint(absl::string_view word) {
  const Token& token = Peek();
  const bool is_word = (token.type == TokenType::kWord || token.type == TokenType::kText) &&
                       absl::EqualsIgnoreCase(token.text, word);
  const bool is_command = token.IsCommand(word == "or" ? "lor" : "land") ||
                          token.IsCommand(word == "or" ? "vee" : "wedge");
  if (!is_word && !is_command) return false;
  ++at_;
  return true;
}

bool Parser::IsAtJoint() const {
  const Token& token = Peek();
  if (token.IsCommand("lor") || token.IsCommand("land") || token.IsCommand("vee") ||
      token.IsCommand("wedge")) {
    return true;
  }
  return (token.type == TokenType::kWord || token.type == TokenType::kText) &&
         (absl::EqualsIgnoreCase(token.text, "or") || absl::EqualsIgnoreCase(token.text, "and"));
}

// Semicolons part what commas join: "p=5,q=2; p=7,q=2".
const Node* Parser::ParseList() {
  Nodes parts;
  const Level level(*this);
  if (level.IsTooDeep()) return Fail();
  do {
    if (Peek().type == TokenType::kEnd && !parts.empty()) break;
    const Node* part = ParseCommaList();
    if (part == nullptr) return Fail();
    parts.push_back(part);
  } while (TakeSign(';'));
  return parts.size() == 1 ? parts.front() : store_.Add(Kind::kList, parts, ";");
}

const Node* Parser::ParseCommaList() {
  Nodes items;
  std::string joint = ",";
  for (;;) {
    const Node* item = ParseItem();
    if (item == nullptr) return Fail();
    items.push_back(item);
    bool goes_on = TakeSign(',');
    if (TakeJoint("or")) {
      goes_on = true;
      joint = "or";
    } else if (TakeJoint("and")) {
      goes_on = true;
      joint = "and";
    }
    if (!goes_on) break;
    while (TakeSign(',')) {
    }
    if (Peek().type == TokenType::kEnd) break;
  }
  return items.size() == 1 ? items.front() : store_.Add(Kind::kList, items, joint);
}

const Node* Parser::ParseItem() { return ParseRelation(); }

char Parser::TakeRelation() {
  const Token& token = Peek();
  char sign = 0;
  size_t size = 1;
  if (token.type == TokenType::kCommand) {
    sign = RelationNamed(token.text);
    if (token.text == "not" && Peek(1).IsSign('=')) {
      sign = '!';
      size = 2;
    }
  } else if (token.type == TokenType::kSign) {
    const char c = token.text[0];
    const bool is_double = Peek(1).IsSign('=') && !Peek(1).after_blank;
    if (c == '<' || c == '>') {
      sign = is_double ? (c == '<' ? 'l' : 'g') : c;
      size = is_double ? 2 : 1;
    } else if (c == '=') {
      sign = '=';
      size = is_double ? 2 : 1;
      if (Peek(1).IsSign('<') && !Peek(1).after_blank) {
        sign = 'l';
        size = 2;
      } else if (Peek(1).IsSign('>') && !Peek(1).after_blank) {
        sign = 'g';
        size = 2;
      }
    } else if (c == '!' && is_double) {
      sign = '!';
      size = 2;
    }
  } else if (token.type == TokenType::kWord && token.text == "in" && token.after_blank) {
    sign = 'i';
  }
  if (sign != 0) at_ += size;
  return sign;
}

const Node* Parser::ParseRelation() {
  Nodes sides;
  std::string signs;
  for (;;) {
    const Node* side = ParseSetExpression();
    if (side == nullptr) return Fail();
    side = WithUnitBehind(side);
    if (side == nullptr) return Fail();
    if (Peek().IsSign(':') || Peek().IsCommand("colon")) {
      Nodes terms = {side};
      while (TakeSign(':') || TakeCommand("colon")) {
        const Node* term = ParseSetExpression();
        if (term == nullptr) return Fail();
        terms.push_back(term);
      }
      side = WithUnitBehind(store_.Add(Kind::kRatio, terms));
    }
    sides.push_back(side);
    const char sign = TakeRelation();
    if (sign == 0) break;
    signs.push_back(sign);
  }
  return sides.size() == 1 ? sides.front() : store_.Add(Kind::kRelation, sides, signs);
}

const Node* Parser::ParseSetExpression() {
  const Node* left = ParseSetTerm();
  while (left != nullptr) {
    const Token& token = Peek();
    const bool is_word = token.type == TokenType::kWord;
    if (token.IsCommand("cup") || token.IsCommand("bigcup") || (is_word && token.text == "U")) {
      ++at_;
      const Node* right = ParseSetTerm();
      if (right == nullptr) return Fail();
      left = store_.Add(Kind::kUnion, {left, right});
    } else if (token.IsCommand("setminus") || token.IsCommand("backslash") ||
               token.IsCommand("smallsetminus")) {
      ++at_;
      const Node* right = ParseSetTerm();
      if (right == nullptr) return Fail();
      left = store_.Add(Kind::kDifference, {left, right});
    } else {
      break;
    }
  }
  return left;
}

const Node* Parser::ParseSetTerm() {
  const Node* left = ParseSum();
  while (left != nullptr && TakeCommand("cap")) {
    const Node* right = ParseSum();
    if (right == nullptr) return Fail();
    left = store_.Add(Kind::kIntersection, {left, right});
  }
  return left;
}

bool Parser::IsAtUnit() const {
  const Token& token = Peek();
  if (IsAtJoint()) return false;
  if (token.type == TokenType::kText) return true;
  if (token.type != TokenType::kWord) return false;
  if (token.text == "in") {  // inches, or "x in [0,1)"
    const TokenType next = Peek(1).type;
    return next == TokenType::kEnd;
  }
  return IsUnitWord(token.text) || token.text.size() > 2;
}

// The words of a unit, with its powers: "cm^2", "miles per hour".
std::string Parser::TakeUnit() {
  std::string unit;
  for (int words = 0; words < 20; ++words) {
    const Token& token = Peek();
    if (IsAtJoint()) break;
    if (token.type == TokenType::kText || token.type == TokenType::kWord) {
      if (token.type == TokenType::kWord && token.text == "in" && Peek(1).type != TokenType::kEnd)
        break;
      unit += unit.empty() ? token.text : " " + token.text;
      ++at_;
    } else if (token.IsSign('/') && (Peek(1).type == TokenType::kText ||
                                     (Peek(1).type == TokenType::kWord && !unit.empty()))) {
      unit += "/";
      ++at_;
    } else if (token.IsSign('^')) {
      ++at_;
      const bool has_braces = TakeSign('{');
      if (Peek().type != TokenType::kNumber) {
        Fail();
        return unit;
      }
      unit += "^" + Peek().text;
      ++at_;
      if (has_braces && !TakeSign('}')) Fail();
    } else if (token.IsCommand("cdot") && Peek(1).type == TokenType::kText) {
      ++at_;
    } else {
      break;
    }
  }
  return unit;
}

const Node* Parser::WithUnitBehind(const Node* value) {
  for (;;) {
    if (failed_) return nullptr;
    if (Peek().IsSign('/') && Peek(1).type == TokenType::kText) ++at_;
    const Token& token = Peek();
    if (TakeCommand("currency")) {
      value = store_.Add(Kind::kWithUnit, {value}, TakeGroupText());
    } else if (IsAtUnit()) {
      if (value->kind == Kind::kText) return Fail();
      const std::string word = absl::AsciiStrToLower(token.text);
      if (word == "percent" || word == "pct" || word == "percentage" || word == "per cent") {
        ++at_;
        value = store_.Add(Kind::kPercent, {value});
      } else if (word == "degrees" || word == "degree" || word == "deg") {
        ++at_;
        value = store_.Add(Kind::kDegrees, {value});
      } else if (const int zeros = ZerosNamed(word); zeros > 0) {
        ++at_;
        value = store_.Add(Kind::kMultiply, {value, store_.AddNumber(Rational::PowerOfTen(zeros))});
      } else if (value->kind == Kind::kDegrees) {  // degrees Celsius
        value = store_.Add(Kind::kWithUnit, {value->children[0]}, "degrees " + TakeUnit());
      } else {
        value = store_.Add(Kind::kWithUnit, {value}, TakeUnit());
      }
    } else {
      return value;
    }
  }
}

}  // namespace gyre::rewarder::math
