#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "rewarder/math/rational.h"

namespace gyre::rewarder::math {

// One word for a unit of measure: what it measures, and how many base units one of it is.
struct UnitWord {
  char dimension;  // 'L' length, 'M' mass, 'T' time, 'V' volume, '$' money, '1' counts of things,
                   // ...
  int64_t numerator;
  int64_t denominator;
};

// Null if the word is not known. Singular, plural and symbol are known alike.
const UnitWord* UnitNamed(absl::string_view word);

// How a written unit ("cm^2", "miles per hour") compares with others.
struct UnitScale {
  std::string dimension;  // sorted letters with powers: equal for units of one kind
  Rational scale;
};

// Nothing if some word of it is not known.
std::optional<UnitScale> ScaleOf(absl::string_view unit);

}  // namespace gyre::rewarder::math
