#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "text/text_matcher.h"

struct pcre2_real_code_8;

namespace gyre::text {

// A compiled regular expression over UTF-8 (PCRE2 with Unicode classes, JIT where the machine has
// it). Where PCRE2 and Oniguruma, which tokenizer.json is written for, differ by default, Oniguruma
// is followed: ^ and $ match at every line. Immutable, thread-safe.
class Regex : public TextMatcher {
 public:
  // INVALID_ARGUMENT with PCRE2's reason and the offset in the pattern, or: it is longer than 64
  // KiB.
  static absl::StatusOr<Regex> Compile(std::string_view pattern);

  // Matches `literal` itself, whatever characters it has.
  static absl::StatusOr<Regex> CompileLiteral(std::string_view literal);

  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;
  ~Regex() override;

  // RESOURCE_EXHAUSTED: the pattern backtracks beyond PCRE2's limits on this text.
  absl::Status ForEachMatch(std::string_view text, Visitor visit) const override;

 private:
  struct FreeCode {
    void operator()(pcre2_real_code_8* code) const;
  };
  using Code = std::unique_ptr<pcre2_real_code_8, FreeCode>;
  explicit Regex(Code code);
  static absl::StatusOr<Regex> CompileWith(std::string_view pattern, uint32_t options);

  Code code_;
};

}  // namespace gyre::text
