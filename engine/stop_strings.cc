#include "engine/stop_strings.h"

#include <algorithm>
#include <utility>

namespace gyre::engine {

StopStrings::StopStrings(std::vector<std::string> strings,
                         std::shared_ptr<const text::Tokenizer> tokenizer)
    : strings_(std::move(strings)), tokenizer_(std::move(tokenizer)) {
  for (const std::string& string : strings_) longest_ = std::max(longest_, string.size());
}

absl::StatusOr<std::shared_ptr<const StopStrings>> StopStrings::Create(
    std::vector<std::string> strings, std::shared_ptr<const text::Tokenizer> tokenizer) {
  if (strings.empty()) return absl::InvalidArgumentError("there is no stop string");
  for (const std::string& string : strings)
    if (string.empty()) return absl::InvalidArgumentError("a stop string is empty");
  return std::shared_ptr<const StopStrings>(
      new StopStrings(std::move(strings), std::move(tokenizer)));
}

bool StopStrings::Ends(absl::Span<const int32_t> tokens) const {
  // The text of the last tokens alone: as many of them as can hold the longest string together with
  // the last token, whose text completes it.
  const size_t last = tokenizer_->Decode(tokens.last(1)).size();
  size_t count = 1;
  std::string text = tokenizer_->Decode(tokens.last(count));
  while (count < tokens.size() && text.size() < longest_ + last) {
    count = std::min(2 * count, tokens.size());
    text = tokenizer_->Decode(tokens.last(count));
  }
  return std::any_of(strings_.begin(), strings_.end(), [&](const std::string& string) {
    return text.find(string) != std::string::npos;
  });
}

std::string StopStrings::Before(const std::string& text) const {
  size_t end = text.size();
  for (const std::string& string : strings_) end = std::min(end, text.find(string));
  return text.substr(0, end);
}

}  // namespace gyre::engine
