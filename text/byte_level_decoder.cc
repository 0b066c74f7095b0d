#include "text/byte_level_decoder.h"

#include <optional>

#include "text/byte_alphabet.h"

namespace gyre::text {

void ByteLevelDecoder::AppendBytes(std::string_view token, std::string* bytes) const {
  const std::optional<std::string> decoded = BytesOfWritten(token);
  bytes->append(decoded.has_value() ? std::string_view(*decoded) : token);
}

}  // namespace gyre::text
