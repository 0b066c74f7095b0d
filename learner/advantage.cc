#include "learner/advantage.h"

#include <algorithm>
#include <cmath>

namespace gyre::learner {

std::vector<double> GroupAdvantages(absl::Span<const double> totals, GrpoSpec::Std std,
                                    double epsilon) {
  std::vector<double> advantages(totals.size(), 0.0);
  // Exactly 0, where the rounding of the mean might leave something to be divided by epsilon.
  const auto equal_to_first = [&](double total) { return total == totals.front(); };
  if (std::all_of(totals.begin(), totals.end(), equal_to_first)) return advantages;

  const double n = static_cast<double>(totals.size());
  double sum = 0;
  for (const double total : totals) sum += total;
  const double mean = sum / n;
  double squares = 0;
  for (const double total : totals) squares += (total - mean) * (total - mean);
  double divisor = 1;
  if (std == GrpoSpec::POPULATION) divisor = std::sqrt(squares / n) + epsilon;
  if (std == GrpoSpec::SAMPLE) divisor = std::sqrt(squares / (n - 1)) + epsilon;
  for (size_t i = 0; i < totals.size(); ++i) advantages[i] = (totals[i] - mean) / divisor;
  return advantages;
}

}  // namespace gyre::learner
