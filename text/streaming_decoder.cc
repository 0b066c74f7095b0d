#include "text/streaming_decoder.h"

#include <utility>

#include "text/utf8.h"

namespace gyre::text {

std::string StreamingDecoder::Add(int32_t token_id) {
  tokenizer_.AppendBytes(token_id, special_, &held_);
  const size_t certain = held_.size() - UnfinishedUtf8Bytes(held_);
  std::string text = ReplaceInvalidUtf8(std::string_view(held_).substr(0, certain));
  held_.erase(0, certain);
  return text;
}

std::string StreamingDecoder::Finish() {
  return ReplaceInvalidUtf8(std::exchange(held_, std::string()));
}

}  // namespace gyre::text
