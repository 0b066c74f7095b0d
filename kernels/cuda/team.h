// How the bodies of the CUDA kernels (kernels/cuda/body/) are written: for a *team*, which is the
// threads of a CUDA block or, in the tests, one thread of the processor that takes their parts one
// after the other. So a body can be run, and compared, where there is no GPU.
//
// A body is a struct with
//   Task                     its arguments (kernels/cuda/tasks.h)
//   kThreads                 of a team; the order of its sums hangs on it, so it is a constant
//   Shared                   the team's memory, at most 48 KiB, of undefined content at first
//   GridOf(task)             how many teams there are; each has its Place in the grid
//   Run(team, shared, task, place)
// and all of its work is in phases:
//   team.Phase(f)   runs f(thread) for each thread, and lets none go on before all have done so.
//                   In a phase no thread touches what another one writes in it.
//   team.Agreed(x)  the value of something in `shared` outside of a phase, where all threads do the
//                   same; none goes on before all have read it.
// Outside of phases a body reads its task and what no team of the launch writes, and nothing else.
#pragma once

#include <cstdint>

#include "kernels/on_device.h"

namespace gyre::kernels::cuda {

struct Place {
  int64_t x = 0;
  int64_t y = 0;
  int64_t z = 0;
};

struct Grid {
  int64_t x = 0;
  int64_t y = 1;  // this and z at most kMostGridSide
  int64_t z = 1;
};
inline constexpr int64_t kMostGridSide = 65535;

struct Add {
  template <typename T>
  GYRE_ON_DEVICE T operator()(T a, T b) const {
    return a + b;
  }
};

// Of equal ones or where one is not a number: the second.
struct Larger {
  template <typename T>
  GYRE_ON_DEVICE T operator()(T a, T b) const {
    return a > b ? a : b;
  }
};

struct Smaller {
  template <typename T>
  GYRE_ON_DEVICE T operator()(T a, T b) const {
    return a < b ? a : b;
  }
};

// Joins values[0..kCount-1], which are in shared memory, by one tree: i with i + kCount/2, and so
// on. kCount is a power of two and at most the number of threads. The values are lost.
template <int kCount, typename Team, typename T, typename Operation>
GYRE_ON_DEVICE T Join(const Team& team, T* values, Operation operation) {
  for (int half = kCount / 2; half > 0; half /= 2) {
    team.Phase([&](int thread) {
      if (thread < half) values[thread] = operation(values[thread], values[thread + half]);
    });
  }
  return team.Agreed(values[0]);
}

}  // namespace gyre::kernels::cuda
