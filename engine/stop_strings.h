#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/stop_condition.h"
#include "text/tokenizer.h"

namespace gyre::engine {

// Ends a sample with the token that completes one of some strings in its text. Immutable.
class StopStrings : public StopCondition {
 public:
  // INVALID_ARGUMENT: no string, or an empty one.
  static absl::StatusOr<std::shared_ptr<const StopStrings>> Create(
      std::vector<std::string> strings, std::shared_ptr<const text::Tokenizer> tokenizer);

  bool Ends(absl::Span<const int32_t> tokens) const override;

  // What of a text stands before the first of the strings; all of it if it has none.
  std::string Before(const std::string& text) const;

 private:
  StopStrings(std::vector<std::string> strings, std::shared_ptr<const text::Tokenizer> tokenizer);

  const std::vector<std::string> strings_;
  const std::shared_ptr<const text::Tokenizer> tokenizer_;
  size_t longest_ = 0;
};

}  // namespace gyre::engine
