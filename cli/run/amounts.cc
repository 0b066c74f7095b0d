#include "cli/run/amounts.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace gyre::cli {

std::string Grouped(uint64_t number) {
  std::string digits = absl::StrCat(number);
  for (std::size_t place = digits.size(); place > 3;) {
    place -= 3;
    digits.insert(place, ",");
  }
  return digits;
}

std::string Clock(absl::Duration duration) {
  const int64_t seconds = std::max<int64_t>(0, absl::ToInt64Seconds(duration));
  if (seconds < 3600) return absl::StrFormat("%d:%02d", seconds / 60, seconds % 60);
  return absl::StrFormat("%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string Fraction(double value) {
  return std::isfinite(value) ? absl::StrFormat("%.3f", value) : "-";
}

std::string Percent(double fraction) {
  return std::isfinite(fraction) ? absl::StrFormat("%.0f %%", 100 * fraction) : "-";
}

std::string Short(double value) {
  return std::isfinite(value) ? absl::StrFormat("%.3g", value) : "not finite";
}

}  // namespace gyre::cli
