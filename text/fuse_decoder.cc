#include "text/fuse_decoder.h"

namespace gyre::text {

std::string FuseDecoder::Decode(absl::Span<const std::string_view> tokens) const {
  std::string text;
  for (std::string_view token : tokens) text.append(token);
  return text;
}

}  // namespace gyre::text
