#pragma once

#include <istream>
#include <ostream>

#include "absl/status/status.h"
#include "text/tokenizer.h"

namespace gyre::cli {

enum class TokenizeDirection {
  kEncode,  // lines of JSON strings to lines of JSON arrays of ids
  kDecode,  // the other way
};

// `gyre tokenize`: a line of `out` for each line of `in`, until one is wrong. No special tokens are
// added; those written out in a text are recognised, and decoded ones are written out. Blocks until
// `in` ends. INVALID_ARGUMENT names the line: not JSON of the right kind, text without a token, an
// id that the tokenizer does not have. UNAVAILABLE: `out` cannot be written to.
absl::Status Tokenize(const text::Tokenizer& tokenizer, TokenizeDirection direction,
                      std::istream& in, std::ostream& out);

}  // namespace gyre::cli
