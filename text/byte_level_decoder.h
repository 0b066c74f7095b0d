#pragma once

#include "text/token_decoder.h"

namespace gyre::text {

// Decoder "ByteLevel": the bytes that a token's characters stand for (byte_alphabet.h); a token
// with a character that stands for none is taken as it is.
class ByteLevelDecoder : public TokenDecoder {
 public:
  void AppendBytes(std::string_view token, std::string* bytes) const override;
};

}  // namespace gyre::text
