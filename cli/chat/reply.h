#pragma once

#include <cstdint>
#include <string>

#include "cli/chat/reply_text.h"
#include "cli/chat/thinking_split.h"
#include "text/streaming_decoder.h"
#include "text/tokenizer.h"

namespace gyre::cli {

// A model's reply as it comes: tokens in, what is to be written of them out. On one thread.
class Reply {
 public:
  // `tokenizer` must outlive it. `begins_thinking` as in ThinkingSplit.
  Reply(const text::Tokenizer& tokenizer, bool begins_thinking, const ReplyStyle& style)
      : decoder_(tokenizer), split_(begins_thinking), text_(style) {}

  // A token that is not the reply's end. May be nothing yet: half a character, half a tag.
  std::string Add(int32_t token) { return Show(decoder_.Add(token)); }

  // The rest, once no token comes any more.
  std::string End() {
    std::string rest = Show(decoder_.Finish());
    rest += text_.Add(split_.Finish());
    return rest + text_.End();
  }

  // All that the model wrote, tags and thinking included.
  const std::string& written() const { return written_; }
  bool has_answer() const { return split_.has_answer(); }

 private:
  std::string Show(const std::string& piece) {
    written_ += piece;
    return text_.Add(split_.Add(piece));
  }

  text::StreamingDecoder decoder_;
  ThinkingSplit split_;
  ReplyText text_;
  std::string written_;
};

}  // namespace gyre::cli
