// Sums, products and powers.
#include "rewarder/math/parser.h"
#include "rewarder/math/vocabulary.h"

namespace gyre::rewarder::math {

const Node* Parser::ParseSum() {
  const Level level(*this);
  if (level.IsTooDeep()) return Fail();
  const Node* first = ParseProduct();
  if (first == nullptr) return Fail();
  Nodes terms = {first};
  for (;;) {
    const bool is_minus = Peek().IsSign('-');
    const bool is_minus_plus = Peek().IsCommand("mp");
    const bool is_either = Peek().IsCommand("pm") || is_minus_plus;
    if (!Peek().IsSign('+') && !is_minus && !is_either) break;
    ++at_;
    const Node* term = ParseProduct();
    if (term == nullptr) return Fail();
    if (is_either) {
      Node* either = store_.Add(Kind::kPlusMinus, {term});
      either->number = Rational(is_minus_plus ? -1 : 1);
      term = either;
    } else if (is_minus) {
      term = store_.Add(Kind::kNegate, {term});
    }
    terms.push_back(term);
  }
  return terms.size() == 1 ? first : store_.Add(Kind::kAdd, terms);
}

const Node* Parser::ParseProduct() {
  const Node* left = ParseSigned();
  while (left != nullptr) {
    const bool is_power = Peek().IsSign('*') && Peek(1).IsSign('*');
    if ((Peek().IsSign('*') && !is_power) || Peek().IsCommand("cdot") ||
        Peek().IsCommand("times") || Peek().IsCommand("ast") || Peek().IsCommand("bullet")) {
      ++at_;
      const Node* right = ParseSigned();
      if (right == nullptr) return Fail();
      left = store_.Add(Kind::kMultiply, {left, right});
    } else if ((Peek().IsSign('/') && Peek(1).type != TokenType::kText) ||
               Peek().IsCommand("div")) {
      ++at_;
      const Node* right = ParseSigned();
      if (right == nullptr) return Fail();
      left = store_.Add(Kind::kDivide, {left, right});
    } else if (Peek().IsCommand("bmod") || Peek().IsCommand("mod") ||
               Peek().Is(TokenType::kWord, "mod")) {
      ++at_;
      const Node* right = ParseSigned();
      if (right == nullptr) return Fail();
      left = Call("mod", {left, right});
    } else if (StartsFactor()) {
      const Node* right = ParsePower();
      if (right == nullptr) return Fail();
      left = store_.Add(Kind::kMultiply, {left, right});
    } else {
      return left;
    }
  }
  return Fail();
}

const Node* Parser::ParseSigned() {
  const Level level(*this);
  if (level.IsTooDeep()) return Fail();
  if (TakeSign('+')) return ParseSigned();
  if (TakeSign('-')) {
    const Node* of = ParseSigned();
    return of == nullptr ? Fail() : store_.Add(Kind::kNegate, {of});
  }
  const bool is_minus_plus = Peek().IsCommand("mp");
  if (TakeCommand("pm") || TakeCommand("mp")) {
    const Node* of = ParseSigned();
    if (of == nullptr) return Fail();
    Node* either = store_.Add(Kind::kPlusMinus, {of});
    either->number = Rational(is_minus_plus ? -1 : 1);
    return either;
  }
  return ParsePower();
}

// Whether the next token goes on with a product that has no sign between its factors.
bool Parser::StartsFactor() const {
  const Token& token = Peek();
  switch (token.type) {
    case TokenType::kNumber:
      return true;
    case TokenType::kWord: {
      if (IsAtJoint()) return false;
      if (!FunctionNamed(token.text).empty()) return Peek(1).type != TokenType::kEnd;
      if (token.text.size() == 1) return !(token.text == "U" && token.after_blank);
      if (token.text == "pi" || token.text == "infinity" || IsSymbolName(token.text)) return true;
      if (IsUnitWord(token.text) || token.text == "in" || token.text == "mod") return false;
      return token.text.size() == 2;
    }
    case TokenType::kSign:
      return token.IsSign('(') || token.IsSign('{') || token.IsSign('[') ||
             (token.IsSign('|') && open_bars_ == 0);
    case TokenType::kCommand: {
      const std::string& name = token.text;
      if (RelationNamed(name) != 0) return false;
      static constexpr absl::string_view kNoFactors[] = {
          "cup",          "cap",        "setminus", "pm",     "mp",       "cdot",      "times",
          "div",          "land",       "lor",      "wedge",  "vee",      "}",         "rfloor",
          "rceil",        "rvert",      "vert",     "mid",    "|",        "rangle",    "to",
          "rbrace",       "right",      "%",        "\\",     "end",      "rVert",     "colon",
          "currency",     "bmod",       "mod",      "pmod",   "circ",     "implies",   "iff",
          "Rightarrow",   "rightarrow", "quad",     "ast",    "bullet",   "backslash", "choose",
          "bigcup",       "#",          "&",        "degree", "urcorner", "lrcorner",  "not",
          "smallsetminus"};
      for (const absl::string_view no_factor : kNoFactors) {
        if (name == no_factor) return false;
      }
      return true;
    }
    default:
      return false;
  }
}

const Node* Parser::ParsePower() {
  const Level level(*this);
  if (level.IsTooDeep()) return Fail();
  const Node* base = ParsePostfix();
  if (base == nullptr) return Fail();
  if (StartsMixedFraction(base)) {
    const Node* fraction = ParsePostfix();
    if (fraction == nullptr) return Fail();
    if (fraction->kind == Kind::kNumber && TakeSign('/')) {  // 1 3/4
      const Node* denominator = ParsePostfix();
      if (denominator == nullptr) return Fail();
      fraction = store_.Add(Kind::kDivide, {fraction, denominator});
    }
    return store_.Add(Kind::kAdd, {base, fraction});
  }
  return base;
}

// A whole number in front of a fraction of whole numbers: 1\frac{1}{4}, 1 1/4.
bool Parser::StartsMixedFraction(const Node* whole) const {
  if (whole->kind != Kind::kNumber || whole->digits >= 0 || whole->base != 0 ||
      !whole->number.IsInteger()) {
    return false;
  }
  if (at_ > 0 && tokens_[at_ - 1].type != TokenType::kNumber) return false;  // (1)\frac12
  auto is_whole = [this](size_t ahead) {
    return Peek(ahead).type == TokenType::kNumber && Peek(ahead).digits < 0 &&
           !Peek(ahead).is_scientific && Peek(ahead).number.IsInteger();
  };
  auto ends_fraction = [this](size_t ahead) {
    return !Peek(ahead).IsSign('^') && !Peek(ahead).IsSign('!') && !Peek(ahead).IsSign('_');
  };
  const Token& token = Peek();
  if (is_whole(0))
    return token.after_blank && Peek(1).IsSign('/') && is_whole(2) && ends_fraction(3);
  if (!token.IsCommand("frac") && !token.IsCommand("dfrac") && !token.IsCommand("tfrac") &&
      !token.IsCommand("cfrac")) {
    return false;
  }
  if (is_whole(1)) return true;  // \frac12
  return Peek(1).IsSign('{') && is_whole(2) && Peek(3).IsSign('}') &&
         ((Peek(4).IsSign('{') && is_whole(5) && Peek(6).IsSign('}') && ends_fraction(7)) ||
          is_whole(4));
}

const Node* Parser::ParsePostfix() {
  const Node* base = ParseAtom();
  return base == nullptr ? Fail() : WithPostfix(base);
}

// ^\circ, ^{\circ}, ^o
bool Parser::IsDegreeMark() const {
  if (Peek().IsCommand("degree")) return true;
  if (!Peek().IsSign('^')) return false;
  return Peek(1).IsCommand("circ") || Peek(1).IsCommand("degree") ||
         (Peek(1).IsSign('{') && Peek(2).IsCommand("circ") && Peek(3).IsSign('}'));
}

const Node* Parser::WithPostfix(const Node* base) {
  for (;;) {
    if (IsDegreeMark()) {
      at_ += Peek().IsCommand("degree") ? 1 : Peek(1).IsSign('{') ? 4 : 2;
      base = store_.Add(Kind::kDegrees, {base});
    } else if (Peek().IsSign('^') || (Peek().IsSign('*') && Peek(1).IsSign('*'))) {
      at_ += Peek().IsSign('^') ? 1 : 2;
      const Node* exponent = ParseScript();
      if (exponent == nullptr) return Fail();
      if (Peek().IsSign('_') && base->kind == Kind::kSymbol) {  // x^2_1 is x_1^2
        base = WithSubscript(base);
        if (base == nullptr) return Fail();
      }
      base = store_.Add(Kind::kPower, {base, exponent});
    } else if (Peek().IsSign('!') && !(Peek(1).IsSign('=') && !Peek(1).after_blank)) {
      ++at_;
      base = Call(TakeSign('!') ? "double_factorial" : "factorial", {base});
    } else if (Peek().IsSign('%') || Peek().IsCommand("%")) {
      ++at_;
      base = store_.Add(Kind::kPercent, {base});
    } else if (Peek().IsSign('_')) {
      base = WithSubscript(base);
      if (base == nullptr) return Fail();
    } else if (Peek().IsSign('\'') && base->kind == Kind::kSymbol) {
      ++at_;
      base = ParseSymbol(base->name + "'");
      if (base == nullptr) return Fail();
    } else {
      return base;
    }
  }
}

// An exponent: a group, a number, a symbol or a function; 2^3^2 is 2^(3^2), and -1 may stand bare.
const Node* Parser::ParseScript() {
  const Level level(*this);
  if (level.IsTooDeep()) return Fail();
  if (TakeSign('-')) {
    const Node* of = ParseScript();
    return of == nullptr ? Fail() : store_.Add(Kind::kNegate, {of});
  }
  TakeSign('+');
  const Node* base = ParseAtom();
  if (base == nullptr) return Fail();
  while (Peek().IsSign('!') && !Peek(1).IsSign('=')) {
    ++at_;
    base = Call("factorial", {base});
  }
  if (base != nullptr && !IsDegreeMark() &&
      (Peek().IsSign('^') || (Peek().IsSign('*') && Peek(1).IsSign('*')))) {
    at_ += Peek().IsSign('^') ? 1 : 2;
    const Node* exponent = ParseScript();
    if (exponent == nullptr) return Fail();
    base = store_.Add(Kind::kPower, {base, exponent});
  }
  return base == nullptr ? Fail() : base;
}

}  // namespace gyre::rewarder::math
