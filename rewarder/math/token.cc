#include "rewarder/math/token.h"

#include <algorithm>
#include <array>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "rewarder/math/number_reader.h"

namespace gyre::rewarder::math {
namespace {

// Commands that only lay out.
bool IsLayout(absl::string_view name) {
  static const auto& names = *new absl::flat_hash_set<absl::string_view>{
      "left",         "right",     "mleft",      "mright",    "middle",     "big",
      "Big",          "bigg",      "Bigg",       "bigl",      "bigr",       "Bigl",
      "Bigr",         "biggl",     "biggr",      "Biggl",     "Biggr",      "!",
      "displaystyle", "textstyle", "limits",     "nolimits",  "boxed",      "fbox",
      "scriptstyle",  "therefore", "normalsize", "rm",        "bf",         "nonumber",
      "mathstrut",    "strut",     "noindent",   "par",       "ensuremath", "allowbreak",
      "biggm",        "bigm",      "mathopen",   "mathclose", "mathrel",    "mathbin"};
  return names.contains(name);
}

bool IsBlank(absl::string_view name) {
  return name == "," || name == ";" || name == ":" || name == " " || name == "quad" ||
         name == "qquad" || name == "enspace" || name == "hspace" || name == "thinspace" ||
         name == "newline" || name == "/" || name == ">";
}

bool HoldsText(absl::string_view name) {
  static const auto& names = *new absl::flat_hash_set<absl::string_view>{
      "text",         "mbox",     "hbox",   "textbf",     "textit", "textrm", "textnormal",
      "textsf",       "texttt",   "mathrm", "mathbf",     "mathit", "mathsf", "mathtt",
      "operatorname", "mathcal",  "bm",     "boldsymbol", "pmb",    "emph",   "textup",
      "mathnormal",   "mathfrak", "unit",   "textsc"};
  return names.contains(name);
}

// Other names of round and square brackets.
char BracketNamed(absl::string_view name) {
  if (name == "lgroup" || name == "lparen") return '(';
  if (name == "rgroup" || name == "rparen") return ')';
  if (name == "lbrack") return '[';
  if (name == "rbrack") return ']';
  return 0;
}

class Tokenizer {
 public:
  explicit Tokenizer(absl::string_view text) : text_(text) {}

  std::vector<Token> Run() {
    while (at_ < text_.size()) Next();
    Add(TokenType::kEnd, "");
    return std::move(tokens_);
  }

 private:
  void Next() {
    const char c = text_[at_];
    const bool is_decimal =
        c == '.' && at_ + 1 < text_.size() && absl::ascii_isdigit(text_[at_ + 1]);
    if (c == ' ' || c == '~') {
      is_after_blank_ = true;
      ++at_;
    } else if (absl::ascii_isdigit(c) || is_decimal) {
      AddNumber();
    } else if (c == '\\') {
      AddCommand();
    } else if (absl::ascii_isalpha(c) || static_cast<unsigned char>(c) >= 0x80) {
      size_t size = 0;
      while (at_ + size < text_.size() && IsLetter(text_[at_ + size])) ++size;
      AddWord(text_.substr(at_, size));
      at_ += size;
    } else {
      if (c == '(' || c == '[') ++depth_;
      if ((c == ')' || c == ']') && depth_ > 0) --depth_;
      Add(TokenType::kSign, std::string(1, c));
      ++at_;
    }
  }

  static bool IsLetter(char c) {
    return absl::ascii_isalpha(c) || static_cast<unsigned char>(c) >= 0x80;
  }

  // "1orx" is written without blanks now and then.
  void AddWord(absl::string_view word) {
    for (const absl::string_view joint : {"or", "and"}) {
      if (word.size() == joint.size() + 1 && absl::StartsWith(word, joint) && !tokens_.empty() &&
          (tokens_.back().type == TokenType::kNumber || tokens_.back().IsSign(')'))) {
        Add(TokenType::kWord, std::string(joint));
        Add(TokenType::kWord, std::string(word.substr(joint.size())));
        return;
      }
    }
    Add(TokenType::kWord, std::string(word));
  }

  void AddNumber() {
    const bool follows_comma = !tokens_.empty() && tokens_.back().IsSign(',');
    Token token;
    token.after_blank = is_after_blank_;
    at_ += ReadNumber(text_, at_, depth_ == 0 && !follows_comma, &token);
    is_after_blank_ = false;
    tokens_.push_back(std::move(token));
  }

  void AddCommand() {
    size_t size = 1;
    while (at_ + size < text_.size() && absl::ascii_isalpha(text_[at_ + size])) ++size;
    if (size == 1) size = std::min<size_t>(2, text_.size() - at_);
    absl::string_view name = text_.substr(at_ + 1, size - 1);
    at_ += size;
    for (const absl::string_view blank : {"qquad", "quad"}) {
      if (name.size() > blank.size() && absl::StartsWith(name, blank)) {
        at_ -= name.size() - blank.size();
        name = blank;
      }
    }
    if (IsBlank(name)) {
      is_after_blank_ = true;
    } else if (HoldsText(name)) {
      AddText();
    } else if (const char bracket = BracketNamed(name); bracket != 0) {
      depth_ += bracket == '(' || bracket == '[' ? 1 : depth_ > 0 ? -1 : 0;
      Add(TokenType::kSign, std::string(1, bracket));
    } else if (!IsLayout(name)) {
      if (name == "{" || name == "lbrace" || name == "langle") ++depth_;
      if ((name == "}" || name == "rbrace" || name == "rangle") && depth_ > 0) --depth_;
      Add(TokenType::kCommand, std::string(name));
    } else if (absl::StartsWith(text_.substr(at_), ".")) {
      ++at_;  // \left. has no bracket
    } else if ((name == "left" || name == "right") && at_ < text_.size() &&
               (text_[at_] == '{' || text_[at_] == '}')) {
      Add(TokenType::kCommand, std::string(1, text_[at_++]));  // \left{ is meant as \left\{
    }
  }

  // What is in braces behind a command such as \text; nested braces are kept.
  void AddText() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    if (at_ >= text_.size() || text_[at_] != '{') return;
    size_t end = at_ + 1;
    for (int depth = 1; end < text_.size(); ++end) {
      if (text_[end] == '{') ++depth;
      if (text_[end] == '}' && --depth == 0) break;
    }
    const absl::string_view held = text_.substr(at_ + 1, end - at_ - 1);
    const absl::string_view inner = absl::StripAsciiWhitespace(held);
    at_ = std::min(end + 1, text_.size());
    const bool is_word =
        !inner.empty() && std::all_of(inner.begin(), inner.end(), absl::ascii_isalpha);
    const bool is_plain = std::none_of(inner.begin(), inner.end(), absl::ascii_isalpha);
    if (is_word && inner.size() == 1 && inner.size() == held.size()) {
      Add(TokenType::kWord, std::string(inner));
    } else if (is_plain && !inner.empty()) {  // \text{13}, \text{, }
      for (Token& token : Tokenizer(inner).Run()) {
        if (token.type != TokenType::kEnd) tokens_.push_back(std::move(token));
      }
    } else {
      Add(TokenType::kText, std::string(inner));
    }
    is_after_blank_ = is_after_blank_ || absl::EndsWith(held, " ");
  }

  void Add(TokenType type, std::string text) {
    Token token;
    token.type = type;
    token.text = std::move(text);
    token.after_blank = is_after_blank_;
    is_after_blank_ = false;
    tokens_.push_back(std::move(token));
  }

  const absl::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
  bool is_after_blank_ = false;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> Tokenize(absl::string_view text) { return Tokenizer(text).Run(); }

}  // namespace gyre::rewarder::math
