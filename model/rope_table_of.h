// The tables of positions that a network's config asks for.
#pragma once

#include <cstdint>
#include <optional>

#include "kernels/rope_table.h"
#include "weights/model_config.h"

namespace gyre::model {

inline kernels::RopeTable RopeTableOf(const weights::ModelConfig& config) {
  std::optional<kernels::RopeStretch> stretch;
  if (config.rope_scaling.has_value()) {
    stretch = {.factor = config.rope_scaling->factor,
               .low_frequency_factor = config.rope_scaling->low_freq_factor,
               .high_frequency_factor = config.rope_scaling->high_freq_factor,
               .original_positions = config.rope_scaling->original_max_positions};
  }
  return {static_cast<int32_t>(config.head_size), config.max_positions, config.rope_theta, stretch};
}

}  // namespace gyre::model
