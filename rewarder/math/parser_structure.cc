// Sums over a variable, named sets, matrices; and the entry, Parse.
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rewarder/math/parser.h"
#include "rewarder/math/text_answer.h"

namespace gyre::rewarder::math {

// \sum_{k=0}^{n} body, \lim_{x \to 0} body, \int_a^b body dx
const Node* Parser::ParseBinder(const std::string& name) {
  const Level level(*this);
  if (level.IsTooDeep()) return Fail();
  const Node* below = nullptr;
  const Node* above = nullptr;
  const Node* target = nullptr;
  while (Peek().IsSign('_') || Peek().IsSign('^')) {
    const bool is_below = Peek().IsSign('_');
    ++at_;
    if (is_below && TakeSign('{')) {
      below = ParseRelation();
      if (below == nullptr) return Fail();
      if (TakeCommand("to") || TakeCommand("rightarrow") || TakeCommand("longrightarrow")) {
        target = ParseSum();
        if (target == nullptr) return Fail();
      }
      if (!TakeSign('}')) return Fail();
    } else {
      const Node* script = ParseArgument();
      if (script == nullptr) return Fail();
      (is_below ? below : above) = script;
    }
  }
  const Node* variable = nullptr;
  const Node* body = name == "int" ? ParseIntegrand(&variable) : ParseProduct();
  if (body == nullptr) return Fail();
  const bool is_sum = (name == "sum" || name == "prod") && below != nullptr && above != nullptr &&
                      below->kind == Kind::kRelation && below->name == "=" &&
                      below->children[0]->kind == Kind::kSymbol;
  if (is_sum) {
    return store_.Add(Kind::kBinder, {below->children[0], below->children[1], above, body},
                      name == "sum" ? "sum" : "product");
  }
  Nodes parts = {body};
  for (const Node* part : {below, above, target, variable}) {
    if (part != nullptr) parts.push_back(part);
  }
  return store_.Add(
      Kind::kApply, parts,
      absl::StrCat("\\", name, below != nullptr ? "_" : "", above != nullptr ? "^" : ""));
}

// What stands in front of dx, and x; without a dx, all of the sum.
const Node* Parser::ParseIntegrand(const Node** variable) {
  size_t end = at_;
  auto is_differential = [&](size_t i) {
    return tokens_[i].type == TokenType::kWord && tokens_[i].text.size() == 2 &&
           tokens_[i].text[0] == 'd';
  };
  while (end + 1 < tokens_.size() && !is_differential(end)) ++end;
  if (!is_differential(end)) return ParseSum();
  *variable = store_.Add(Kind::kSymbol, {}, tokens_[end].text.substr(1));
  // Nothing goes on with a closing bracket.
  tokens_[end].type = TokenType::kSign;
  tokens_[end].text = ")";
  const Node* body = at_ == end ? Integer(1) : ParseSum();
  if (body == nullptr || at_ != end) return Fail();
  ++at_;
  return body;
}

// \mathbb{R}, \mathbb R, \mathbb{R}^+
const Node* Parser::ParseBlackboard() {
  std::string name;
  if (Peek().IsSign('{')) {
    name = TakeGroupText();
  } else {
    name = Peek().text;
    ++at_;
  }
  if (failed_ || name.size() != 1) return Fail();
  if (Peek().IsSign('^') && (Peek(1).IsSign('+') || Peek(1).IsSign('-'))) {
    name += Peek(1).text;
    at_ += 2;
  }
  return store_.Add(Kind::kNamedSet, {}, name);
}

// \begin{pmatrix} a & b \\ c & d \end{pmatrix}
const Node* Parser::ParseEnvironment() {
  const std::string environment = TakeGroupText();
  if (failed_) return nullptr;
  const bool is_determinant = environment == "vmatrix";
  const bool is_matrix = absl::EndsWith(environment, "matrix") || environment == "array";
  if (!is_matrix) return Fail();
  if (environment == "array" && Peek().IsSign('{')) TakeGroupText();
  Nodes entries;
  int32_t rows = 0;
  size_t columns = 0, in_row = 0;
  while (!Peek().IsCommand("end")) {
    if (TakeCommand("hline")) continue;
    const Node* entry = ParseItem();
    if (entry == nullptr) return Fail();
    entries.push_back(entry);
    ++in_row;
    if (TakeSign('&')) continue;
    if (!TakeCommand("\\") && !TakeCommand("cr") && !Peek().IsCommand("end")) return Fail();
    if (rows > 0 && in_row != columns) return Fail();
    columns = std::exchange(in_row, 0);
    ++rows;
  }
  ++at_;
  if (TakeGroupText() != environment || failed_ || entries.empty() || in_row != 0) return Fail();
  Node* matrix = store_.Add(Kind::kMatrix, std::move(entries));
  matrix->rows = rows;
  return is_determinant ? Call("det", {matrix}) : matrix;
}

absl::StatusOr<const Node*> Parse(absl::string_view cleaned, const ParseOptions& options,
                                  NodeStore& store) {
  if (absl::StripAsciiWhitespace(cleaned).empty()) return absl::InvalidArgumentError("it is empty");
  if (cleaned.size() > kMaximumAnswerBytes) return absl::InvalidArgumentError("it is too long");
  if (const Node* known = KnownPhrase(cleaned, store)) return known;
  if (!IsProse(cleaned)) {
    const Node* answer = Parser(Tokenize(cleaned), options, store).ParseAnswer();
    if (store.is_full()) return absl::InvalidArgumentError("it has too many parts");
    if (answer != nullptr) return answer;
  }
  const std::string words = FoldedText(cleaned);
  if (words.empty() || !MayBeWords(cleaned)) {
    return absl::InvalidArgumentError("it is no mathematics that can be read");
  }
  return store.Add(Kind::kText, {}, words);
}

}  // namespace gyre::rewarder::math
