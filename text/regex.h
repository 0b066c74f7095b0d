#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct pcre2_real_code_8;

namespace gyre::text {

// A compiled regular expression over UTF-8 (PCRE2 with Unicode classes, JIT where the machine has
// it). Where PCRE2 and Oniguruma, which tokenizer.json is written for, differ by default, Oniguruma
// is followed: ^ and $ match at every line. Immutable, thread-safe.
class Regex {
 public:
  // INVALID_ARGUMENT with PCRE2's reason and the offset in the pattern.
  static absl::StatusOr<Regex> Compile(std::string_view pattern);

  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;
  ~Regex();

  // Calls `visit` with each match from left to right; matches may be empty and never overlap.
  // `text` must be valid UTF-8. RESOURCE_EXHAUSTED: the pattern backtracks beyond PCRE2's limits on
  // this text.
  absl::Status ForEachMatch(std::string_view text,
                            const std::function<void(size_t begin, size_t end)>& visit) const;

 private:
  struct FreeCode {
    void operator()(pcre2_real_code_8* code) const;
  };
  using Code = std::unique_ptr<pcre2_real_code_8, FreeCode>;
  explicit Regex(Code code);

  Code code_;
};

}  // namespace gyre::text
