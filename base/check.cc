#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace gyre::base {

void FailCheck(const char* file, int line, const char* condition, std::string_view sentence) {
  std::fprintf(stderr, "%s:%d: %.*s (%s is false)\n", file, line, static_cast<int>(sentence.size()),
               sentence.data(), condition);
  std::fflush(stderr);
  std::abort();
}

}  // namespace gyre::base
