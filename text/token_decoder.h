#pragma once

#include <string>
#include <string_view>

namespace gyre::text {

// The `decoder` of a tokenizer.json: tokens to text. What it makes of a token does not depend on
// the others; the text of several is their bytes one after another, as UTF-8 (a character's bytes
// may lie in several tokens). Immutable, thread-safe.
class TokenDecoder {
 public:
  virtual ~TokenDecoder() = default;
  virtual void AppendBytes(std::string_view token, std::string* bytes) const = 0;
};

}  // namespace gyre::text
