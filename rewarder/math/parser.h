#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rewarder/math/node.h"
#include "rewarder/math/token.h"

namespace gyre::rewarder::math {

struct ParseOptions {
  bool braces_are_sets = false;  // {1,2}: plain text; in LaTeX bare braces only group
};

// What an answer may be at most, in bytes of cleaned text.
inline constexpr size_t kMaximumAnswerBytes = 10'000;

// Reads an answer. Cleaned text (Clean) in, a tree whose nodes `store` owns out. Words that are no
// mathematics become a kText node. INVALID_ARGUMENT says why something is no answer: too long, too
// deep (kMaximumDepth), too many nodes, empty. Time is linear in the text.
absl::StatusOr<const Node*> Parse(absl::string_view cleaned, const ParseOptions& options,
                                  NodeStore& store);

// Recursive descent over the tokens of one answer, used by Parse alone. Each method takes tokens
// from the front and gives a node, or null when the text is not what it reads; failed_ then is set
// and the whole text is given up (or taken as words).
class Parser {
 public:
  Parser(std::vector<Token> tokens, const ParseOptions& options, NodeStore& store)
      : tokens_(std::move(tokens)), options_(options), store_(store) {}

  // The whole text.
  const Node* ParseAnswer();

 private:
  static constexpr int kMaximumDepth = 150;

  // parser_statement.cc: lists, relations, sets
  const Node* ParseList();
  const Node* ParseCommaList();
  const Node* ParseItem();
  const Node* ParseRelation();
  const Node* ParseSetExpression();
  const Node* ParseSetTerm();
  const Node* WithUnitBehind(const Node* value);
  std::string TakeUnit();
  char TakeRelation();
  bool TakeJoint(absl::string_view word);
  bool IsAtJoint() const;
  bool IsAtUnit() const;

  // parser_expression.cc: sums, products, powers
  const Node* ParseSum();
  const Node* ParseProduct();
  const Node* ParseSigned();
  const Node* ParsePower();
  const Node* ParsePostfix();
  const Node* WithPostfix(const Node* base);
  const Node* WithSubscript(const Node* base);
  const Node* ParseScript();
  bool StartsFactor() const;
  bool StartsMixedFraction(const Node* whole) const;
  bool IsDegreeMark() const;

  // parser_atom.cc: numbers, symbols, brackets
  const Node* ParseAtom();
  const Node* ParseWord();
  const Node* ParseLetters(const std::string& word);
  const Node* ParseSymbol(const std::string& name);
  const Node* ParseBrackets();
  const Node* ParseGroup();
  const Node* ParseSet(bool is_command);
  const Node* ParseBars();
  const Node* ParseTextAtom();
  std::string TakeIndexName();
  Nodes ParseItems(bool& semicolons);

  // parser_command.cc: what begins with a backslash
  const Node* ParseCommand();
  const Node* ParseNamedCommand(const std::string& name);
  const Node* ParseFraction();
  const Node* ParseRoot();
  const Node* ParseBinomial();
  const Node* ParseDelimited(absl::string_view function, absl::string_view close);
  const Node* ParseFunction(const std::string& name);
  const Node* ParseArgument();
  const Node* ParseImplicitArgument();
  const Node* ParseBinder(const std::string& name);
  const Node* ParseIntegrand(const Node** variable);
  const Node* ParseBlackboard();
  const Node* ParseEnvironment();
  const Node* ParseCurrency();
  const Node* ParseAccent();
  std::string TakeGroupText();

  const Token& Peek(size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  bool TakeSign(char c) {
    if (!Peek().IsSign(c)) return false;
    ++at_;
    return true;
  }
  bool TakeCommand(absl::string_view name) {
    if (!Peek().IsCommand(name)) return false;
    ++at_;
    return true;
  }
  const Node* Fail() {
    failed_ = true;
    return nullptr;
  }
  const Node* Call(absl::string_view name, Nodes arguments) {
    return store_.Add(Kind::kCall, std::move(arguments), std::string(name));
  }
  const Node* Integer(int64_t value) { return store_.AddNumber(Rational(value)); }

  // Counts how deep the descent is.
  class Level {
   public:
    explicit Level(Parser& parser) : parser_(parser) { ++parser_.depth_; }
    ~Level() { --parser_.depth_; }
    bool IsTooDeep() const { return parser_.depth_ > kMaximumDepth; }

   private:
    Parser& parser_;
  };

  std::vector<Token> tokens_;
  const ParseOptions options_;
  NodeStore& store_;
  size_t at_ = 0;
  int depth_ = 0;
  int open_bars_ = 0;
  bool failed_ = false;
};

}  // namespace gyre::rewarder::math
