#include "rewarder/rules/reflection_rule.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace gyre::rewarder::rules {
namespace {

constexpr std::array<absl::string_view, 10> kWords = {
    "wait", "mistake", "however", "but", "retry", "error", "verify", "wrong", "evaluate", "check"};

}  // namespace

Verdict ReflectionRule::Check(const Problem& /*problem*/, const Response& response) const {
  const absl::string_view text = response.text;
  int64_t count = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    // Bytes above ASCII belong to letters, too: "butó" is another word.
    while (end < text.size() && (absl::ascii_isalnum(text[end]) || (text[end] & 0x80) != 0)) ++end;
    const absl::string_view word = text.substr(at, end - at);
    count += std::count_if(kWords.begin(), kWords.end(), [&](absl::string_view known) {
      return absl::EqualsIgnoreCase(word, known);
    });
    at = std::max(end, at + 1);
  }
  return {static_cast<double>(count), absl::StrCat("reflection: ", count, " words"), ""};
}

}  // namespace gyre::rewarder::rules
