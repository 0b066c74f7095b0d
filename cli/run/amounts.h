#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace gyre::cli {

// Amounts as people read them; one that is not finite is "-", or "not finite" from Short.
std::string Grouped(uint64_t number);        // 12,345
std::string Clock(absl::Duration duration);  // 4:05, 1:02:03
std::string Fraction(double value);          // 0.512
std::string Percent(double fraction);        // 12 %
std::string Short(double value);             // three significant digits: 0.0123, 3e-04, 105

}  // namespace gyre::cli
