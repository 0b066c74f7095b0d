#include "text/digits_pre_tokenizer.h"

#include "base/status_macros.h"
#include "text/character_classes.h"
#include "text/utf8.h"

namespace gyre::text {

absl::Status DigitsPreTokenizer::ForEachPiece(std::string_view text, Visitor visit) const {
  size_t begin = 0;  // of the piece that grows
  bool previous_is_digit = false;
  for (size_t at = 0; at < text.size();) {
    const Utf8Character character = Utf8CharacterAt(text, at);
    const bool is_digit = (ClassesOf(character.value) & kNumeric) != 0;
    const bool cut = is_digit != previous_is_digit || (is_digit && individual_digits_);
    if (cut && at > begin) {
      GYRE_RETURN_IF_ERROR(visit(text.substr(begin, at - begin)));
      begin = at;
    }
    previous_is_digit = is_digit;
    at += character.size;
  }
  return visit(text.substr(begin));
}

}  // namespace gyre::text
