// Numbers, symbols and brackets.
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "rewarder/math/parser.h"
#include "rewarder/math/vocabulary.h"

namespace gyre::rewarder::math {
namespace {

constexpr absl::string_view kFunctionLetters = "fghFGHW";

}  // namespace

const Node* Parser::ParseAtom() {
  const Level level(*this);
  if (level.IsTooDeep() || store_.is_full()) return Fail();
  const Token& token = Peek();
  switch (token.type) {
    case TokenType::kNumber: {
      ++at_;
      Node* number = store_.AddNumber(token.number);
      number->digits = token.digits;
      number->is_scientific = token.is_scientific;
      return number;
    }
    case TokenType::kWord:
      return ParseWord();
    case TokenType::kText:
      return ParseTextAtom();
    case TokenType::kCommand:
      return ParseCommand();
    case TokenType::kSign:
      if (token.IsSign('(') || token.IsSign('[')) return ParseBrackets();
      if (token.IsSign(']')) return ParseBrackets();  // ]0,1[
      if (token.IsSign('{')) return ParseGroup();
      if (token.IsSign('|')) return ParseBars();
      if (token.IsSign('.') && Peek(1).IsSign('.') && Peek(2).IsSign('.')) {
        at_ += 3;
        return store_.Add(Kind::kEllipsis);
      }
      return Fail();
    case TokenType::kEnd:
      break;
  }
  return Fail();
}

// Words inside an expression are a name in front of something ("\text{Area} = 5") or the answer.
const Node* Parser::ParseTextAtom() {
  const std::string& text = Peek().text;
  ++at_;
  if (const absl::string_view function = FunctionNamed(text); !function.empty()) {
    return ParseFunction(std::string(function));
  }
  return store_.Add(Kind::kText, {}, text);
}

const Node* Parser::ParseWord() {
  const std::string word = Peek().text;
  ++at_;
  const absl::string_view function = FunctionNamed(word);
  if (!function.empty() && Peek().type != TokenType::kEnd)
    return ParseFunction(std::string(function));
  if (word == "infinity" || word == "inf" || word == "oo" || word == "Infinity") {
    return store_.Add(Kind::kInfinity);
  }
  if (word == "pi" || word == "Pi") return store_.Add(Kind::kPi);
  if (word.size() > 1 && IsSymbolName(word)) return ParseSymbol(word);
  return ParseLetters(word);
}

// Letters that stand together are a product of symbols; longer words are no mathematics, except
// where a function or a constant begins or ends them ("xsin", "2pi").
const Node* Parser::ParseLetters(const std::string& word) {
  if (word.size() > 3) {
    const std::string end = word.substr(word.size() - 2);
    if (word.size() > 4 || end != "pi") return Fail();
  }
  Nodes factors;
  for (size_t i = 0; i < word.size(); ++i) {
    if (!absl::ascii_isalpha(word[i])) return Fail();
    if (word.size() > 1 && word.substr(i) == "pi") {
      factors.push_back(store_.Add(Kind::kPi));
      break;
    }
    if (i + 1 == word.size()) {
      const Node* last = ParseSymbol(std::string(1, word[i]));
      if (last == nullptr) return Fail();
      factors.push_back(last);
    } else if (word[i] == 'e') {
      factors.push_back(store_.Add(Kind::kEuler));
    } else if (word[i] == 'i') {
      factors.push_back(store_.Add(Kind::kImaginary));
    } else {
      factors.push_back(store_.Add(Kind::kSymbol, {}, std::string(1, word[i])));
    }
  }
  if (factors.size() == 1) return factors.front();
  // A power or an index belongs to the last letter alone.
  const Node* last = WithPostfix(factors.back());
  if (last == nullptr) return Fail();
  factors.back() = last;
  return store_.Add(Kind::kMultiply, factors);
}

// A symbol, or a function without a meaning here where its arguments follow.
const Node* Parser::ParseSymbol(const std::string& name) {
  if (name == "e") return store_.Add(Kind::kEuler);
  if (name == "i") return store_.Add(Kind::kImaginary);
  std::string bare = name;
  while (!bare.empty() && bare.back() == '\'') bare.pop_back();
  const bool is_function = bare.size() == 1 && absl::StrContains(kFunctionLetters, bare);
  const bool in_braces = Peek().IsSign('{') && Peek(1).IsSign('(');
  if (!is_function || !(Peek().IsSign('(') || in_braces))
    return store_.Add(Kind::kSymbol, {}, name);
  if (in_braces) ++at_;
  const Node* arguments = ParseBrackets();
  if (arguments == nullptr || (in_braces && !TakeSign('}'))) return Fail();
  if (arguments->kind == Kind::kBrackets)
    return store_.Add(Kind::kApply, arguments->children, name);
  return store_.Add(Kind::kApply, {arguments}, name);
}

// x_1 and x_{12} are names; a_{n+1} is a function of what stands below. Behind a whole number it is
// the base that its digits are in.
const Node* Parser::WithSubscript(const Node* base) {
  ++at_;
  const size_t begin = at_;
  const std::string letters = TakeIndexName();
  if (!letters.empty() && base->kind == Kind::kSymbol)
    return ParseSymbol(absl::StrCat(base->name, "_", letters));
  at_ = begin;
  const Node* index = ParseAtom();
  if (index == nullptr) return Fail();
  if (base->kind == Kind::kNumber) {
    int64_t radix = 0;
    if (index->kind == Kind::kNumber && index->number.IsIntegerWithin(2, 36)) {
      radix = index->number.ToInteger();
    }
    const Token& digits = tokens_[begin - 2];
    if (radix == 0 || base->digits >= 0 || digits.type != TokenType::kNumber) return Fail();
    for (const char c : digits.text) {
      if (!absl::ascii_isdigit(c) || c - '0' >= radix) return Fail();
    }
    Node* number = store_.AddNumber(Rational::OfDigits(digits.text, static_cast<int>(radix)));
    number->base = static_cast<int32_t>(radix);
    return number;
  }
  if (base->kind == Kind::kCall || base->kind == Kind::kBrackets) return Fail();
  const bool is_name = index->kind == Kind::kNumber || index->kind == Kind::kText;
  if (base->kind != Kind::kSymbol && base->kind != Kind::kEuler && base->kind != Kind::kImaginary &&
      base->kind != Kind::kText) {
    return Fail();
  }
  const std::string name = base->kind == Kind::kEuler       ? "e"
                           : base->kind == Kind::kImaginary ? "i"
                                                            : base->name;
  if (is_name) {
    std::string subscript;
    for (size_t i = begin; i < at_; ++i) {
      if (!tokens_[i].IsSign('{') && !tokens_[i].IsSign('}')) subscript += tokens_[i].text;
    }
    return ParseSymbol(absl::StrCat(name, "_", subscript));
  }
  return store_.Add(Kind::kApply, {index}, absl::StrCat(name, "_"));
}

// What stands in the braces of an index if it is a name, "ABC", "max", "1,2"; empty if it is an
// expression or a single letter.
std::string Parser::TakeIndexName() {
  std::string name;
  if (!TakeSign('{')) return name;
  while (!TakeSign('}')) {
    const Token& token = Peek();
    const bool is_piece = token.type == TokenType::kWord || token.type == TokenType::kNumber ||
                          token.type == TokenType::kText || token.IsSign(',');
    if (!is_piece) return "";
    name += token.text;
    ++at_;
  }
  const bool is_letter = name.size() == 1 && absl::ascii_isalpha(name[0]);
  return is_letter ? "" : name;
}

Nodes Parser::ParseItems(bool& semicolons) {
  Nodes items;
  do {
    const Node* item = ParseItem();
    if (item == nullptr) return {};
    items.push_back(item);
    if (Peek().IsSign(';')) semicolons = true;
    if (Peek().IsSign(',') && Peek(1).IsSign('}')) break;
  } while (TakeSign(',') || TakeSign(';') || TakeJoint("and"));
  return items;
}

const Node* Parser::ParseBrackets() {
  const char open = Peek().text[0];
  ++at_;
  const int bars = std::exchange(open_bars_, 0);
  bool semicolons = false;
  Nodes items = ParseItems(semicolons);
  open_bars_ = bars;
  if (items.empty()) return Fail();
  const Token& token = Peek();
  if (!token.IsSign(')') && !token.IsSign(']') && !token.IsSign('[')) return Fail();
  const char close = token.text[0];
  if (close == '[' && open == '(') return Fail();
  ++at_;
  const Node* only = items.front();
  if (items.size() == 1 && (open == '(') == (close == ')')) {
    // [x] is a pair of brackets like (x), (A) a choice.
    return only;
  }
  if (items.size() == 1) return Fail();
  return store_.Add(Kind::kBrackets, std::move(items), std::string({open, close}));
}

// Bare braces group; of several items they make a list, or a set in plain text.
const Node* Parser::ParseGroup() {
  ++at_;
  if (options_.braces_are_sets && Peek().IsSign('}')) {
    ++at_;
    return store_.Add(Kind::kEmptySet);
  }
  if (options_.braces_are_sets) {
    --at_;
    const size_t begin = at_;
    const bool is_script =
        begin > 0 && (tokens_[begin - 1].IsSign('^') || tokens_[begin - 1].IsSign('_'));
    if (!is_script) return ParseSet(/*is_command=*/false);
    ++at_;
  }
  const int bars = std::exchange(open_bars_, 0);
  const Node* inner = ParseList();
  open_bars_ = bars;
  if (inner == nullptr) return Fail();
  if (TakeCommand("choose")) {
    const Node* below = ParseList();
    if (below == nullptr) return Fail();
    inner = Call("binomial", {inner, below});
  }
  return TakeSign('}') ? inner : Fail();
}

// { ... } with visible braces: a set of items or of what fulfils conditions.
const Node* Parser::ParseSet(bool is_command) {
  ++at_;
  auto closes = [&] {
    return is_command ? Peek().IsCommand("}") || Peek().IsCommand("rbrace") : Peek().IsSign('}');
  };
  if (closes()) {
    ++at_;
    return store_.Add(Kind::kEmptySet);
  }
  const int bars = std::exchange(open_bars_, 1);
  bool semicolons = false;
  Nodes items = ParseItems(semicolons);
  if (items.empty()) return Fail();
  if (TakeSign('|') || TakeCommand("mid") || TakeCommand("vert")) {
    const Node* condition = ParseList();
    if (condition == nullptr) return Fail();
    const Node* what = items.size() == 1 ? items.front() : store_.Add(Kind::kBrackets, items, "()");
    items = {store_.Add(Kind::kSetBuilder, {what, condition})};
  } else if (items.size() == 1 && items[0]->kind == Kind::kRatio &&
             items[0]->children.size() == 2) {
    // {x : x > 0}; the ratio has read the left side of the condition alone
    const Node* what = items[0]->children[0];
    const Node* condition = items[0]->children[1];
    items = {store_.Add(Kind::kSetBuilder, {what, condition})};
  } else if (items.size() == 1 && items[0]->kind == Kind::kRelation &&
             items[0]->children[0]->kind == Kind::kRatio) {
    const Node* ratio = items[0]->children[0];
    Nodes sides = items[0]->children;
    sides[0] = ratio->children.back();
    const Node* condition = store_.Add(Kind::kRelation, sides, items[0]->name);
    items = {store_.Add(Kind::kSetBuilder, {ratio->children.front(), condition})};
  }
  open_bars_ = bars;
  if (!closes()) return Fail();
  ++at_;
  if (items.size() == 1 && items[0]->kind == Kind::kSetBuilder) return items[0];
  return store_.Add(Kind::kSet, std::move(items));
}

const Node* Parser::ParseBars() {
  ++at_;
  ++open_bars_;
  const Node* inner = ParseSum();
  --open_bars_;
  if (inner == nullptr || !TakeSign('|')) return Fail();
  return Call(inner->kind == Kind::kMatrix ? "det" : "abs", {inner});
}

}  // namespace gyre::rewarder::math
