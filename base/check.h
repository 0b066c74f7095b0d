#pragma once

#include <string_view>

namespace gyre::base {

// Writes "FILE:LINE: SENTENCE (CONDITION is false)" to standard error and aborts the process.
[[noreturn]] void FailCheck(const char* file, int line, const char* condition,
                            std::string_view sentence);

}  // namespace gyre::base

// For broken invariants, which are bugs of this program; bad input and faults of the surroundings
// are absl::Status. The sentence is evaluated only when the condition is false, so it may be built
// with absl::StrCat.
#define GYRE_CHECK(condition, sentence)                                    \
  do {                                                                     \
    if (!(condition)) [[unlikely]] {                                       \
      ::gyre::base::FailCheck(__FILE__, __LINE__, #condition, (sentence)); \
    }                                                                      \
  } while (false)
