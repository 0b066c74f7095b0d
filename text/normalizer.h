#pragma once

#include <string>
#include <string_view>

namespace gyre::text {

// The `normalizer` of a tokenizer.json: rewrites text before it is cut. Immutable, thread-safe.
class Normalizer {
 public:
  virtual ~Normalizer() = default;

  // The normalized form of `text` (valid UTF-8): `text` itself if nothing changes, else a view of
  // `storage`, which it fills.
  virtual std::string_view Normalize(std::string_view text, std::string* storage) const = 0;
};

}  // namespace gyre::text
