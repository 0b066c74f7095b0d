#include "rewarder/math/grade.h"

#include <flint/flint.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rewarder/math/clean.h"
#include "rewarder/math/comparison.h"
#include "rewarder/math/expansion.h"
#include "rewarder/math/parser.h"
#include "rewarder/math/text_answer.h"

namespace gyre::rewarder::math {
namespace {

// About 20 ms of work at most.
constexpr int64_t kSteps = 300'000;

constexpr size_t kMaximumReferenceBytes = 1 << 20;

bool IsPlainText(absl::string_view text) {
  return text.find('\\') == absl::string_view::npos && text.find('$') == absl::string_view::npos;
}

struct Readable {
  std::string cleaned;
  const Node* node = nullptr;
  std::string fault;
};

absl::string_view TextOf(const Extraction& extraction) {
  return extraction.joined.empty() ? extraction.answer : absl::string_view(extraction.joined);
}

Readable Read(const Extraction& extraction, NodeStore& store) {
  Readable result;
  const absl::string_view text = TextOf(extraction);
  if (text.size() > 2 * kMaximumAnswerBytes) {
    result.fault = "it is too long";
    return result;
  }
  result.cleaned = Clean(text);
  const ParseOptions options{!extraction.is_latex && IsPlainText(text)};
  const auto parsed = Parse(result.cleaned, options, store);
  if (!parsed.ok()) {
    result.fault = std::string(parsed.status().message());
    return result;
  }
  result.node = Expand(*parsed, store);
  if (result.node == nullptr) result.fault = "it has too many parts";
  return result;
}

Grade Graded(Sameness sameness, const Extraction& extraction, absl::string_view rule) {
  return {sameness, absl::StrCat(extraction.rule, *extraction.rule == 0 ? "" : ": ", rule),
          std::string(TextOf(extraction)), false};
}

// Options by letter, where the reference is one.
bool CompareOptions(const std::string& gold, const std::string& answer, const Preset& preset,
                    Sameness* sameness) {
  const char wanted = OptionLetter(gold), given = OptionLetter(answer);
  if (wanted == 0 || given == 0) return false;
  const bool has_text = FoldedText(answer).size() > 1 || FoldedText(gold).size() > 1;
  if (has_text && !preset.choice_may_have_text) return false;
  *sameness = wanted == given ? Sameness::kEqual : Sameness::kDifferent;
  return true;
}

Grade Compared(absl::string_view reference, const Extraction& extraction, const Preset& preset) {
  const absl::string_view text = TextOf(extraction);
  const Extraction gold = UnwrapAnswer(reference);
  if (absl::StripAsciiWhitespace(TextOf(gold)).empty()) {
    return {Sameness::kUnknown, "the reference is empty", std::string(text), true};
  }
  if (TextOf(gold) == text) return Graded(Sameness::kEqual, extraction, "same text");
  NodeStore store;
  const Readable wanted = Read(gold, store);
  if (wanted.node == nullptr) {
    return {Sameness::kUnknown, absl::StrCat("the reference cannot be read: ", wanted.fault),
            std::string(text), true};
  }
  if (absl::StripAsciiWhitespace(text).empty())
    return Graded(Sameness::kDifferent, extraction, "no answer");
  const Readable given = Read(extraction, store);
  if (!given.cleaned.empty() && given.cleaned == wanted.cleaned)
    return Graded(Sameness::kEqual, extraction, "same text");
  Sameness options;
  if (CompareOptions(wanted.cleaned, given.cleaned, preset, &options))
    return Graded(options, extraction, "option");
  const std::string folded = FoldedText(given.cleaned);
  const bool is_words = wanted.node->kind == Kind::kText ||
                        (given.node != nullptr && given.node->kind == Kind::kText);
  if (is_words) {
    const bool are_same = folded == FoldedText(wanted.cleaned);
    return Graded(are_same ? Sameness::kEqual : Sameness::kDifferent, extraction, "words");
  }
  if (given.node == nullptr) {
    return Graded(Sameness::kDifferent, extraction,
                  absl::StrCat("the answer cannot be read: ", given.fault));
  }
  Budget budget(kSteps);
  const Finding finding = Comparison(preset, store, budget).Compare(*wanted.node, *given.node);
  return Graded(finding.sameness, extraction, finding.rule);
}

}  // namespace

Grade GradeAnswer(absl::string_view reference, absl::string_view answer, const Preset& preset) {
  if (reference == answer && !absl::StripAsciiWhitespace(answer).empty()) {
    return {Sameness::kEqual, "same text", std::string(answer), false};
  }
  return Compared(reference, UnwrapAnswer(answer), preset);
}

Grade GradeCompletion(absl::string_view reference, absl::string_view completion,
                      const Preset& preset) {
  return Compared(reference, ExtractAnswer(completion), preset);
}

std::string FaultOfReference(absl::string_view reference) {
  if (reference.size() > kMaximumReferenceBytes) return "it is too long";
  NodeStore store;
  return Read(UnwrapAnswer(reference), store).fault;
}

}  // namespace gyre::rewarder::math
