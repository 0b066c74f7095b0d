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

// The special tokens that a model wants around a text that is not a rendered chat: the
// post_processor of tokenizer.json.
struct FrameTokens {
  std::vector<int32_t> before;
  std::vector<int32_t> after;
};

// Text to token ids and back. Immutable: every method may be called from any thread at any time,
// and none blocks.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // The ids of `text` (UTF-8). Nothing is added in front or behind; special tokens written out in
  // the text ("<bos>") are recognised. INVALID_ARGUMENT: not UTF-8, above 64 MiB, or a stretch
  // that has no token (the message has its byte offset). RESOURCE_EXHAUSTED: a regular expression
  // of tokenizer.json takes too long on this text.
  virtual absl::StatusOr<std::vector<int32_t>> Encode(std::string_view text) const = 0;

  // The text of `token_ids`. An id that has no token gives no text; bytes that are not UTF-8 give
  // U+FFFD. For tokens that come one by one: streaming_decoder.h.
  virtual std::string Decode(absl::Span<const int32_t> token_ids,
                             SpecialTokens special = SpecialTokens::kKeep) const = 0;

  // Appends the bytes of one token, which may be a part of a character only. Decode is the bytes of
  // all, made UTF-8.
  virtual void AppendBytes(int32_t token_id, SpecialTokens special, std::string* bytes) const = 0;

  // What Encode leaves out.
  virtual const FrameTokens& frame_tokens() const = 0;

  // The largest id plus one; ids below it may have no token.
  virtual int32_t vocabulary_size() const = 0;

  // A token as the file writes it; byte-level ones have other characters for some bytes
  // (byte_alphabet.h).
  virtual std::optional<int32_t> TokenToId(std::string_view token) const = 0;

  virtual std::optional<int32_t> bos_id() const = 0;

  // The tokens that end a response; empty if the files name none.
  virtual const std::vector<int32_t>& eos_ids() const = 0;
};

}  // namespace gyre::text
