#include "coordinator/problem_draw.h"

#include "base/counter_rng.h"
#include "base/seeded_order.h"

namespace gyre::coordinator {

ProblemDraw DrawProblem(uint64_t run_seed, const StagePlan& stage, const GroupKey& group) {
  if (group.purpose == EVAL) return {.index = group.slot % stage.eval_problems, .draw = 0};
  const uint64_t n = stage.train_problems;
  if (group.attempt == 0) {
    const uint64_t order_seed = base::CounterRng({"problem order", run_seed, stage.index}).key();
    return {.index = base::SeededOrder(order_seed, n).Index(group.slot), .draw = group.slot / n};
  }
  const base::CounterRng rng(
      {"problem of a later attempt", run_seed, stage.index, group.slot, group.attempt});
  // The upper half of the draws is never reached by passes.
  return {.index = rng.Below(0, n), .draw = uint64_t{1} << 63 | rng.At(1)[0]};
}

}  // namespace gyre::coordinator
