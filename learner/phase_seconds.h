// Adds the time that it lives to a phase of a step (StepMetrics.step_seconds).
#pragma once

#include <chrono>
#include <string>

#include "proto/coordinator.pb.h"

namespace gyre::learner {

class PhaseSeconds {
 public:
  PhaseSeconds(StepMetrics& metrics, const std::string& phase)
      : seconds_((*metrics.mutable_step_seconds())[phase]), start_(Clock::now()) {}
  ~PhaseSeconds() { seconds_ += std::chrono::duration<double>(Clock::now() - start_).count(); }
  PhaseSeconds(const PhaseSeconds&) = delete;
  PhaseSeconds& operator=(const PhaseSeconds&) = delete;

 private:
  using Clock = std::chrono::steady_clock;
  double& seconds_;  // a map's values stay where they are
  const Clock::time_point start_;
};

}  // namespace gyre::learner
