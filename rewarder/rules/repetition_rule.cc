#include "rewarder/rules/repetition_rule.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace gyre::rewarder::rules {
namespace {

constexpr std::size_t kGram = 3;

// The words, equal ones with one number.
std::vector<uint32_t> NumberedWords(absl::string_view text) {
  std::unordered_map<std::string, uint32_t> numbers;
  std::vector<uint32_t> words;
  for (const absl::string_view word :
       absl::StrSplit(text, absl::ByAnyChar(" \t\n\r\f\v"), absl::SkipEmpty())) {
    const auto number = static_cast<uint32_t>(numbers.size());
    words.push_back(numbers.emplace(absl::AsciiStrToLower(word), number).first->second);
  }
  return words;
}

}  // namespace

Verdict RepetitionRule::Check(const Problem& /*problem*/, const Response& response) const {
  const std::vector<uint32_t> words = NumberedWords(response.text);
  if (words.size() < kGram) return {0.0, "repetition: fewer than three words", ""};
  std::vector<std::array<uint32_t, kGram>> grams(words.size() - kGram + 1);
  for (std::size_t i = 0; i < grams.size(); ++i) grams[i] = {words[i], words[i + 1], words[i + 2]};
  const std::size_t all = grams.size();
  std::sort(grams.begin(), grams.end());
  const auto distinct =
      static_cast<std::size_t>(std::unique(grams.begin(), grams.end()) - grams.begin());
  const double repeated = static_cast<double>(all - distinct) / static_cast<double>(all);
  return {repeated == 0 ? 0 : -repeated,
          absl::StrFormat("repetition: %d of %d word triples stood earlier", all - distinct, all),
          ""};
}

}  // namespace gyre::rewarder::rules
