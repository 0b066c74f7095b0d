#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "rewarder/math/node.h"

namespace gyre::rewarder::math {

// Answers in words.

// The letters and digits of cleaned text without its LaTeX dress: "\text{The Even}" gives
// "theeven". Of a single letter the case is kept.
std::string FoldedText(absl::string_view cleaned);

// Whether the text is words and no mathematics: "regular hexagon", "Evelyn".
bool IsProse(absl::string_view cleaned);

// Whether text that cannot be read as mathematics may stand as words.
bool MayBeWords(absl::string_view cleaned);

// A phrase with a mathematical meaning: "no solution", "all real numbers"; null if it is none.
const Node* KnownPhrase(absl::string_view cleaned, NodeStore& store);

// 'A' for "A", "(A)", "A.", "(A) 12 apples", "\text{(A)}"; 0 if it is no option's letter.
char OptionLetter(absl::string_view cleaned);

}  // namespace gyre::rewarder::math
