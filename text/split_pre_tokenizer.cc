#include "text/split_pre_tokenizer.h"

namespace gyre::text {

absl::Status SplitPreTokenizer::Split(std::string_view text,
                                      std::vector<std::string_view>* pieces) const {
  size_t done = 0;
  auto cut_until = [&](size_t end) {
    if (end > done) pieces->push_back(text.substr(done, end - done));
    done = end;
  };
  absl::Status status = regex_.ForEachMatch(text, [&](size_t begin, size_t end) {
    cut_until(begin);
    cut_until(end);
  });
  cut_until(text.size());
  return status;
}

}  // namespace gyre::text
