#include "rewarder/math/extraction.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rewarder/math/answer_scan.h"
#include "rewarder/math/vocabulary.h"

namespace gyre::rewarder::math {
namespace {

constexpr size_t kMaximumJoinedBoxes = 40;

absl::string_view Slice(absl::string_view text, Span span) {
  return text.substr(span.begin, span.end - span.begin);
}

bool HasLatex(absl::string_view text) {
  return text.find_first_of("\\$") != absl::string_view::npos;
}

// Whether what stands between two boxes makes them parts of one answer.
bool JoinsBoxes(absl::string_view gap) {
  constexpr size_t kShort = 10, kLong = 60;
  if (gap.size() >= kLong || absl::StrContains(gap, "\n\n") || absl::StrContains(gap, ". "))
    return false;
  if (absl::StrContains(gap, ".\n") || absl::StrContains(gap, "=>")) return false;
  for (const absl::string_view word : {" and ", " or ", "{and}", "{or}"}) {
    if (absl::StrContains(gap, word)) return true;
  }
  const bool has_words = std::any_of(gap.begin(), gap.end(), absl::ascii_isalpha);
  if (gap.size() < kShort && !has_words && gap.find_first_of("=<>") == absl::string_view::npos)
    return true;
  return gap.find_first_not_of(" ,;$\n\\quadtext{}") == absl::string_view::npos;
}

// A percent sign or word behind what was found.
absl::string_view PercentBehind(absl::string_view text, size_t at) {
  size_t i = at;
  while (i < text.size() && (text[i] == ' ' || text[i] == '$' || text[i] == '\\')) {
    if (text[i] == '\\' &&
        (i + 1 == text.size() || (text[i + 1] != ')' && text[i + 1] != '%' && text[i + 1] != ']')))
      break;
    i += text[i] == '\\' && text[i + 1] != '%' ? 2 : 1;
  }
  for (const absl::string_view word : {"%", "percent", "pct"}) {
    if (absl::StartsWith(text.substr(i), word)) return word;
  }
  return {};
}

Extraction WithPercent(Extraction found, absl::string_view text, size_t end) {
  if (const absl::string_view percent = PercentBehind(text, end); !percent.empty()) {
    found.joined = absl::StrCat(
        found.joined.empty() ? found.answer : absl::string_view(found.joined), " ", percent);
  }
  return found;
}

Extraction FromBoxes(absl::string_view text, const std::vector<Box>& boxes) {
  const Box& last = boxes.back();
  Extraction found{Slice(text, last.inner), "boxed", true, ""};
  size_t first = boxes.size() - 1;
  while (first > 0 && boxes.size() - first < kMaximumJoinedBoxes) {
    const Span gap = {boxes[first - 1].outer.end, boxes[first].outer.begin};
    if (!JoinsBoxes(Slice(text, gap))) break;
    --first;
  }
  absl::string_view before;
  int distinct = 0;
  for (size_t i = first; i < boxes.size(); ++i) {
    const absl::string_view inner = Slice(text, boxes[i].inner);
    if (inner == before) continue;
    absl::StrAppend(&found.joined, distinct > 0 ? ", " : "", inner);
    before = inner;
    ++distinct;
  }
  if (distinct <= 1) found.joined.clear();
  return WithPercent(std::move(found), text, last.outer.end);
}

// The last mathematics between marks or the last number, whatever ends later.
Extraction FromLastMathematics(absl::string_view text) {
  const auto mathematics = FindLastMathematics(text);
  const size_t behind = mathematics ? mathematics->end : 0;
  const auto number = FindLastNumber(text.substr(behind));
  if (number && (!mathematics || number->begin > 2)) {
    const Span span = {behind + number->begin, behind + number->end};
    return WithPercent({Slice(text, span), "last number", false, ""}, text, span.end);
  }
  if (!mathematics) return {};
  return WithPercent({Slice(text, *mathematics), "last mathematics", true, ""}, text,
                     mathematics->end);
}

// Words of three letters and more outside of mathematics: what makes a text a sentence. Functions
// and units do not count.
int CountWords(absl::string_view text) {
  int words = 0;
  size_t i = 0;
  while (i < text.size()) {
    if (!absl::ascii_isalpha(text[i])) {
      ++i;
      continue;
    }
    size_t size = 0;
    while (i + size < text.size() && absl::ascii_isalpha(text[i + size])) ++size;
    const absl::string_view word = text.substr(i, size);
    const bool is_command = i > 0 && text[i - 1] == '\\';
    const bool is_quiet = FunctionNamed(word).size() > 0 || IsUnitWord(word) ||
                          IsSymbolName(word) || word == "and" || word == "infinity";
    const bool is_joined = i > 0 && (absl::ascii_isdigit(text[i - 1]) || text[i - 1] == ')');
    words += size > 2 && !is_command && !is_quiet && !is_joined;
    i += size;
  }
  return words;
}

// A piece of text that may be the answer as a whole, or a sentence that has it at its end.
Extraction FromSentence(absl::string_view sentence, const char* rule) {
  const absl::string_view bare = absl::StripAsciiWhitespace(sentence);
  Extraction whole{bare, rule, HasLatex(bare), ""};
  const bool has_marks = bare.find('$') != absl::string_view::npos ||
                         absl::StrContains(bare, "\\(") || absl::StrContains(bare, "\\[");
  const bool has_digit = std::any_of(bare.begin(), bare.end(), absl::ascii_isdigit);
  if (!has_marks && !has_digit) return whole;
  constexpr int kWordsOfUnits = 2;  // "12 red apples"
  const bool begins_with_word = !bare.empty() && absl::ascii_isalpha(bare[0]);
  const int words = CountWords(bare);
  if (words == 0 || (words <= kWordsOfUnits && !begins_with_word)) return whole;
  Extraction found = FromLastMathematics(bare);
  if (found.answer.empty()) return whole;
  found.rule = rule;
  return found;
}

absl::string_view AfterThought(absl::string_view text) {
  constexpr absl::string_view kEnd = "</think>";
  const size_t thought = text.rfind(kEnd);
  return thought == absl::string_view::npos ? text : text.substr(thought + kEnd.size());
}

// What the last <answer> holds; all of the text if there is none.
absl::string_view InAnswerTag(absl::string_view text, bool* has_tag) {
  constexpr absl::string_view kOpen = "<answer>", kClose = "</answer>";
  const size_t open = text.rfind(kOpen);
  *has_tag = open != absl::string_view::npos;
  if (!*has_tag) return text;
  const absl::string_view inner = text.substr(open + kOpen.size());
  return inner.substr(0, inner.find(kClose));
}

bool IsOneShortLine(absl::string_view text) {
  constexpr size_t kShortLine = 200;
  const absl::string_view bare = absl::StripAsciiWhitespace(text);
  return !bare.empty() && bare.size() <= kShortLine && bare.find('\n') == absl::string_view::npos;
}

}  // namespace

Extraction ExtractAnswer(absl::string_view completion) {
  bool has_tag = false;
  const absl::string_view text = InAnswerTag(AfterThought(completion), &has_tag);
  const std::vector<Box> boxes = FindBoxes(text);
  const auto announcement = FindAnnouncement(text);
  const bool is_final = announcement && announcement->is_final;
  // A final answer that is announced behind the last box takes a box back.
  if (!boxes.empty() && !(is_final && announcement->span.begin > boxes.back().outer.end)) {
    return FromBoxes(text, boxes);
  }
  const absl::string_view bare = absl::StripAsciiWhitespace(text);
  if (has_tag && !announcement) return FromSentence(bare, "answer tag");
  if (is_final) return FromSentence(Slice(text, announcement->span), "final answer is");
  constexpr absl::string_view kHashes = "####";
  if (const size_t hashes = text.rfind(kHashes); hashes != absl::string_view::npos) {
    const absl::string_view rest = text.substr(hashes + kHashes.size());
    const absl::string_view line = absl::StripAsciiWhitespace(rest.substr(0, rest.find('\n')));
    if (!line.empty()) return {line, "####", HasLatex(line), ""};
  }
  if (announcement) return FromSentence(Slice(text, announcement->span), "answer is");
  if (const auto option = FindOptionLine(text)) return {Slice(text, *option), "option", false, ""};
  if (IsOneShortLine(text)) return FromSentence(bare, "whole text");
  return FromLastMathematics(text);
}

Extraction UnwrapAnswer(absl::string_view text) {
  if (const auto boxes = FindBoxes(text); !boxes.empty()) {
    Extraction found = FromBoxes(text, boxes);
    found.rule = "";
    return found;
  }
  const absl::string_view bare = absl::StripAsciiWhitespace(text);
  return {bare, "", HasLatex(bare), ""};
}

}  // namespace gyre::rewarder::math
