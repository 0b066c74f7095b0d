#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace gyre::text {

enum class SpecialTokens {
  kKeep,
  kSkip,  // leaves out tokens that tokenizer.json marks as special
};

// Text to token ids and back. Immutable: every method may be called from any thread at any time,
// and none blocks.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // The ids of `text` (UTF-8). Nothing is added in front or behind; special tokens written out in
  // the text ("<bos>") are recognised. INVALID_ARGUMENT: not UTF-8, or a stretch that has no token
  // (the message has its byte offset).
  virtual absl::StatusOr<std::vector<int32_t>> Encode(std::string_view text) const = 0;

  // The text of `token_ids`. An id that has no token gives no text.
  virtual std::string Decode(absl::Span<const int32_t> token_ids,
                             SpecialTokens special = SpecialTokens::kKeep) const = 0;

  // The largest id plus one; ids below it may have no token.
  virtual int32_t vocabulary_size() const = 0;

  virtual std::optional<int32_t> TokenToId(std::string_view token) const = 0;

  virtual std::optional<int32_t> bos_id() const = 0;

  // The tokens that end a response; empty if the files name none.
  virtual const std::vector<int32_t>& eos_ids() const = 0;
};

}  // namespace gyre::text
