// The learning rate of an update, a pure function of the spec and the update's planned index.
#pragma once

#include <cstdint>

#include "proto/run_spec.pb.h"

namespace gyre::learner {

// `update` counts from 0 in the stage; total_updates are planned for it. Warm-up is linear; after
// it COSINE and LINEAR fall over the remaining updates, reaching final_fraction just past the last:
// with p = (update - warmup) / (total - warmup), lr·(f + (1 - f)·(1 + cos πp)/2) or
// lr·(1 - (1 - f)·p).
double LearningRate(const OptimizerSpec& spec, uint64_t update, uint64_t total_updates);

}  // namespace gyre::learner
