#pragma once

namespace gyre::learner {

// ATen on one thread, with deterministic algorithms only: a step's bits then depend on its inputs
// and the number of ranks alone. For main and for the first lines of the trainer's thread.
void SetNumericSettings();

}  // namespace gyre::learner
