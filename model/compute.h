// What a forward or backward pass computes with: kernels of one form, and the threads that share
// each piece of work. No output of a kernel depends on how work is cut (kernels/kernel_table.h), so
// a result has the same bits for every number of threads. Borrows all it is given; copies freely.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "absl/functional/function_ref.h"
#include "base/thread_team.h"
#include "kernels/kernel_table.h"

namespace gyre::model {

// A stretch of a piece of work, done by one thread of the team (below team.size(); 0 without one).
struct WorkRange {
  int64_t first = 0;
  int64_t end = 0;
  int thread = 0;

  int64_t size() const { return end - first; }
};

enum class WorkKind { kMatrices, kAttention, kRows, kDraws };

// Where time went, by kind of work.
struct WorkSeconds {
  std::array<double, 4> by_kind = {};

  double& operator[](WorkKind kind) { return by_kind[static_cast<size_t>(kind)]; }
  double operator[](WorkKind kind) const { return by_kind[static_cast<size_t>(kind)]; }
};

class Compute {
 public:
  // Without a team the caller computes alone; without `seconds` nobody looks at the clock.
  Compute(const kernels::KernelTable& kernels,  // NOLINT: whoever has only kernels computes alone
          base::ThreadTeam* team = nullptr, WorkSeconds* seconds = nullptr)
      : kernels_(&kernels), team_(team), seconds_(seconds) {}

  const kernels::KernelTable& kernels() const { return *kernels_; }
  int threads() const { return team_ == nullptr ? 1 : team_->size(); }

  // Does `units` of work in ranges that together are all of them, `unit_work` multiply-adds (or
  // what takes as long) each. Little work stays with the caller: waking others would take longer.
  void Share(WorkKind kind, int64_t units, int64_t unit_work,
             absl::FunctionRef<void(const WorkRange&)> body) const {
    if (seconds_ == nullptr) return Share(units, unit_work, body);
    const auto start = std::chrono::steady_clock::now();
    Share(units, unit_work, body);
    (*seconds_)[kind] +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

 private:
  static constexpr int64_t kLeastWork = 100'000;  // about two microseconds
  static constexpr int64_t kPartsPerThread = 4;   // so that a thread that is held back does less

  void Share(int64_t units, int64_t unit_work,
             absl::FunctionRef<void(const WorkRange&)> body) const {
    const int64_t parts =
        std::min({units, units * unit_work / kLeastWork, int64_t{kPartsPerThread} * threads()});
    if (threads() == 1 || parts < 2) return body({0, units, 0});
    team_->Run(parts, [&](int64_t part, int thread) {
      body({units * part / parts, units * (part + 1) / parts, thread});
    });
  }

  const kernels::KernelTable* kernels_;
  base::ThreadTeam* team_;
  WorkSeconds* seconds_;
};

}  // namespace gyre::model
