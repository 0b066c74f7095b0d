#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace gyre::text {

// The `model` of a tokenizer.json: a vocabulary and the way in which a piece becomes tokens of it.
// Immutable, thread-safe.
class TokenModel {
 public:
  virtual ~TokenModel() = default;

  // Appends the ids of one piece to `token_ids`. False, with nothing appended: the piece cannot be
  // written with this vocabulary.
  virtual bool Tokenize(std::string_view piece, std::vector<int32_t>* token_ids) const = 0;

  // A token as the file writes it.
  virtual std::optional<int32_t> TokenToId(std::string_view token) const = 0;

  // Empty view for an id that has no token (no token is empty).
  virtual std::string_view IdToToken(int32_t id) const = 0;

  // The largest id plus one.
  virtual int32_t id_limit() const = 0;
};

}  // namespace gyre::text
