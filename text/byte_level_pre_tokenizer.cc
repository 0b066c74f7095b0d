#include "text/byte_level_pre_tokenizer.h"

#include <string>

#include "text/word_scanner.h"

namespace gyre::text {

absl::Status ByteLevelPreTokenizer::ForEachPiece(std::string_view text, Visitor visit) const {
  std::string with_space;
  if (add_prefix_space_ && !text.starts_with(' ')) {
    with_space.append(" ").append(text);
    text = with_space;
  }
  if (!use_regex_) return visit(text);
  return WordScanner::Gpt2().ForEachMatch(
      text, [&](size_t begin, size_t end) { return visit(text.substr(begin, end - begin)); });
}

}  // namespace gyre::text
