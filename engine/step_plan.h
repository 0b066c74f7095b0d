#pragma once

#include <cstdint>
#include <vector>

#include "engine/policy.h"
#include "engine/sampling.h"
#include "kernels/kernel_table.h"
#include "model/network.h"

namespace gyre::engine {

// A token to be drawn from the logits of a row.
struct Draw {
  int32_t sequence = 0;  // index in the scheduler's list of running sequences
  Sampling sampling;
  float uniform = 0;  // in [0, 1)
};

// Rows and draws that stand side by side and run under one policy.
struct PlanPart {
  const Policy* policy = nullptr;
  int32_t first_row = 0;
  int32_t num_rows = 0;
  int32_t first_draw = 0;
  int32_t num_draws = 0;
};

// What one step computes: a row for each sample that draws, and rows that fill the cache.
// Kept from step to step so that a step allocates nothing.
struct StepPlan {
  std::vector<PlanPart> parts;
  std::vector<model::NetworkRow> rows;
  std::vector<int32_t> draw_rows;  // [draws]: index into rows
  std::vector<Draw> draws;

  void Clear() {
    parts.clear();
    rows.clear();
    draw_rows.clear();
    draws.clear();
  }
};

}  // namespace gyre::engine
