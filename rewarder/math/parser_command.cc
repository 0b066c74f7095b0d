// What begins with a backslash, and functions in plain text.
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rewarder/math/parser.h"
#include "rewarder/math/vocabulary.h"

namespace gyre::rewarder::math {

const Node* Parser::ParseCommand() {
  const std::string name = Peek().text;
  if (name == "{" || name == "lbrace") return ParseSet(/*is_command=*/true);
  ++at_;
  if (name == "pi") return store_.Add(Kind::kPi);
  if (name == "infty" || name == "infin") return store_.Add(Kind::kInfinity);
  if (name == "exponentialE") return store_.Add(Kind::kEuler);
  if (name == "frac" || name == "dfrac" || name == "tfrac" || name == "cfrac")
    return ParseFraction();
  if (name == "sqrt") return ParseRoot();
  if (IsSymbolName(name)) return ParseSymbol(name);
  if (const absl::string_view function = FunctionNamed(name); !function.empty()) {
    return ParseFunction(std::string(function));
  }
  return ParseNamedCommand(name);
}

const Node* Parser::ParseNamedCommand(const std::string& name) {
  if (name == "binom" || name == "dbinom" || name == "tbinom") return ParseBinomial();
  if (name == "emptyset" || name == "varnothing") return store_.Add(Kind::kEmptySet);
  if (name == "ldots" || name == "dots" || name == "cdots" || name == "dotsc" || name == "dotsb" ||
      name == "dotsm" || name == "vdots") {
    return store_.Add(Kind::kEllipsis);
  }
  if (name == "lfloor" || name == "llcorner")
    return ParseDelimited("floor", name == "lfloor" ? "rfloor" : "lrcorner");
  if (name == "lceil" || name == "ulcorner")
    return ParseDelimited("ceil", name == "lceil" ? "rceil" : "urcorner");
  if (name == "lvert") return ParseDelimited("abs", "rvert");
  if (name == "vert") return ParseDelimited("abs", "vert");
  if (name == "|" || name == "lVert" || name == "Vert")
    return ParseDelimited("norm", name == "lVert" ? "rVert" : name);
  if (name == "langle") return ParseDelimited("", "rangle");
  if (name == "sum" || name == "prod" || name == "int" || name == "iint" || name == "lim" ||
      name == "oint" || name == "bigcap") {
    return ParseBinder(name);
  }
  if (name == "mathbb" || name == "Bbb") return ParseBlackboard();
  if (name == "R" || name == "Z" || name == "N" || name == "Q" || name == "C" || name == "reals") {
    return store_.Add(Kind::kNamedSet, {}, name == "reals" ? "R" : name);
  }
  if (name == "begin") return ParseEnvironment();
  if (name == "currency") return ParseCurrency();
  if (name == "angle" || name == "triangle" || name == "measuredangle" || name == "operatorname" ||
      name == "widetilde") {
    const Node* of = ParseAtom();
    return of == nullptr ? Fail() : store_.Add(Kind::kApply, {of}, name);
  }
  if (name == "vec" || name == "overrightarrow" || name == "hat" || name == "tilde" ||
      name == "overline" || name == "bar" || name == "widehat" || name == "dot" ||
      name == "underline" || name == "overleftrightarrow") {
    return ParseAccent();
  }
  return Fail();
}

// \bar{z}, \overline{AB}, \vec{v}: the accent and what is under it are one name.
const Node* Parser::ParseAccent() {
  const std::string accent = tokens_[at_ - 1].text;
  const Node* of = ParseAtom();
  if (of == nullptr) return Fail();
  if (accent == "underline") return of;
  if (of->kind == Kind::kSymbol)
    return ParseSymbol(absl::StrCat(accent == "overline" ? "bar" : accent, " ", of->name));
  if ((accent == "overline" || accent == "bar") && of->kind != Kind::kMultiply)
    return Call("conj", {of});
  return store_.Add(Kind::kApply, {of}, accent);
}

const Node* Parser::ParseCurrency() {
  const std::string currency = TakeGroupText();
  const Node* value = ParseProduct();
  return value == nullptr ? Fail() : store_.Add(Kind::kWithUnit, {value}, currency);
}

// The text between braces.
std::string Parser::TakeGroupText() {
  std::string text;
  if (!TakeSign('{')) {
    Fail();
    return text;
  }
  while (Peek().type != TokenType::kEnd && !Peek().IsSign('}')) text += tokens_[at_++].text;
  if (!TakeSign('}')) Fail();
  return text;
}

// One argument of a command: a group, or a single digit or letter or command.
const Node* Parser::ParseArgument() {
  const Level level(*this);
  if (level.IsTooDeep()) return Fail();
  Token& token = tokens_[at_];
  if (token.type == TokenType::kNumber && token.text.size() > 1 && token.digits < 0 &&
      !token.is_scientific) {
    // \frac12 has the arguments 1 and 2.
    const Node* first = store_.AddNumber(Rational::OfDigits(token.text.substr(0, 1)));
    token.text = token.text.substr(1);
    const bool has_rest = token.text.find_first_not_of("0123456789") == std::string::npos;
    if (!has_rest) return Fail();
    token.number = Rational::OfDigits(token.text);
    return first;
  }
  if (token.type == TokenType::kWord && token.text.size() > 1 &&
      FunctionNamed(token.text).empty() && token.text != "pi") {
    const std::string first = token.text.substr(0, 1);
    token.text = token.text.substr(1);
    return ParseSymbol(first);
  }
  if (token.IsSign('{')) {
    ++at_;
    const int bars = std::exchange(open_bars_, 0);
    const Node* inner = ParseList();
    open_bars_ = bars;
    return inner != nullptr && TakeSign('}') ? inner : Fail();
  }
  return ParseAtom();
}

const Node* Parser::ParseFraction() {
  const Node* above = ParseArgument();
  if (above == nullptr) return Fail();
  const Node* below = ParseArgument();
  if (below == nullptr) return Fail();
  return store_.Add(Kind::kDivide, {above, below});
}

const Node* Parser::ParseRoot() {
  const Node* index = Integer(2);
  if (TakeSign('[')) {
    index = ParseSum();
    if (index == nullptr || !TakeSign(']')) return Fail();
  }
  const Node* radicand = ParseArgument();
  return radicand == nullptr ? Fail() : store_.Add(Kind::kRoot, {radicand, index});
}

const Node* Parser::ParseBinomial() {
  const Node* above = ParseArgument();
  if (above == nullptr) return Fail();
  const Node* below = ParseArgument();
  return below == nullptr ? Fail() : Call("binomial", {above, below});
}

const Node* Parser::ParseDelimited(absl::string_view function, absl::string_view close) {
  bool semicolons = false;
  const int bars =
      std::exchange(open_bars_, close == "vert" || close == "|" || close == "Vert" ? 1 : 0);
  Nodes items = ParseItems(semicolons);
  open_bars_ = bars;
  if (items.empty() || !TakeCommand(close)) return Fail();
  if (function.empty()) return store_.Add(Kind::kBrackets, std::move(items), "()");
  if (items.size() > 1) return Fail();
  if (function == "abs" && items[0]->kind == Kind::kMatrix) function = "det";
  return Call(function, std::move(items));
}

// A function's name has been read; its power, its base and its argument follow.
const Node* Parser::ParseFunction(const std::string& name) {
  const Level level(*this);
  if (level.IsTooDeep()) return Fail();
  if (name == "sqrt") return ParseRoot();
  if (name == "cbrt") {
    const Node* of = ParseArgument();
    return of == nullptr ? Fail() : store_.Add(Kind::kRoot, {of, Integer(3)});
  }
  const Node* power = nullptr;
  const Node* base = nullptr;
  while (Peek().IsSign('^') || Peek().IsSign('_')) {
    const bool is_power = Peek().IsSign('^');
    ++at_;
    const Node* script = is_power ? ParseScript() : ParseArgument();
    if (script == nullptr) return Fail();
    (is_power ? power : base) = script;
  }
  std::string called = name;
  if (base == nullptr && name == "log" && Peek().type == TokenType::kNumber &&
      Peek(1).IsSign('(') && !Peek().after_blank) {  // log2(8)
    base = ParseAtom();
  }
  Nodes arguments;
  if (Peek().IsSign('(')) {
    const Node* inner = ParseBrackets();
    if (inner == nullptr) return Fail();
    arguments = inner->kind == Kind::kBrackets ? inner->children : Nodes{inner};
    if (Peek().IsSign('^') && power == nullptr && !IsDegreeMark()) {
      // \sin(x)^2 is read as (\sin x)^2 by WithPostfix.
    }
  } else {
    const Node* inner = ParseImplicitArgument();
    if (inner == nullptr) return Fail();
    arguments = {inner};
  }
  if (base != nullptr) {
    if (name != "log" && name != "ln") return Fail();
    arguments.push_back(base);
  }
  const bool is_inverse = power != nullptr && power->kind == Kind::kNegate &&
                          power->children[0]->kind == Kind::kNumber &&
                          power->children[0]->number.IsOne();
  if (is_inverse && name.size() >= 3 && name != "log" && name != "exp")
    return Call("a" + name, arguments);
  const Node* call = Call(called, std::move(arguments));
  return power == nullptr ? call : store_.Add(Kind::kPower, {call, power});
}

// \sin 2x \cos y: the argument is a product up to the next function.
const Node* Parser::ParseImplicitArgument() {
  const bool is_negative = TakeSign('-');
  const Node* product = nullptr;
  while (product == nullptr || StartsFactor()) {
    const Token& token = Peek();
    const bool is_function =
        (token.type == TokenType::kCommand || token.type == TokenType::kWord) &&
        !FunctionNamed(token.text).empty();
    if (product != nullptr && (is_function || token.IsSign('(') || token.IsSign('['))) break;
    const Node* factor = ParsePower();
    if (factor == nullptr) return Fail();
    product = product == nullptr ? factor : store_.Add(Kind::kMultiply, {product, factor});
  }
  if (Peek().IsSign('/') && (Peek(1).type == TokenType::kNumber)) {  // sin pi/6
    ++at_;
    const Node* below = ParsePower();
    if (below == nullptr) return Fail();
    product = store_.Add(Kind::kDivide, {product, below});
  }
  return is_negative ? store_.Add(Kind::kNegate, {product}) : product;
}

}  // namespace gyre::rewarder::math
