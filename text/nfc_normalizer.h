#pragma once

#include "text/normalizer.h"

namespace gyre::text {

// Normalizer "NFC": Unicode's canonical composition, as `tokenizers` has it (its Unicode is older
// than utf8proc's; the characters that differ are left alone as there).
class NfcNormalizer : public Normalizer {
 public:
  std::string_view Normalize(std::string_view text, std::string* storage) const override;
};

}  // namespace gyre::text
