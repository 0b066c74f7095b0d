#pragma once

#include "text/token_decoder.h"

namespace gyre::text {

// Decoder "Fuse": the tokens one after another, as they are.
class FuseDecoder : public TokenDecoder {
 public:
  void AppendBytes(std::string_view token, std::string* bytes) const override;
};

}  // namespace gyre::text
