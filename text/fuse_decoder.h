#pragma once

#include "text/token_decoder.h"

namespace gyre::text {

// Decoder "Fuse": the tokens one after another, as they are.
class FuseDecoder : public TokenDecoder {
 public:
  std::string Decode(absl::Span<const std::string_view> tokens) const override;
};

}  // namespace gyre::text
