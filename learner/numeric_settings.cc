#include "learner/numeric_settings.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>

namespace gyre::learner {

void SetNumericSettings() {
  at::set_num_threads(1);
  // May be set once in a process.
  if (at::get_num_interop_threads() != 1) at::set_num_interop_threads(1);
  at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/false);
}

}  // namespace gyre::learner
