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
  // The bytes of the last tokens alone: as many of them as can hold the longest string together
  // with the last token, whose bytes complete it.
  const auto bytes_of = [this](int32_t token) {
    std::string bytes;
    tokenizer_->AppendBytes(token, text::SpecialTokens::kKeep, &bytes);
    return bytes;
  };
  std::string text = bytes_of(tokens.back());
  const size_t enough = text.size() + longest_ - 1;
  for (size_t i = tokens.size() - 1; i > 0 && text.size() < enough; --i)
    text.insert(0, bytes_of(tokens[i - 1]));
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
