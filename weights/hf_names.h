// The names of the files of a Hugging Face folder that weights/ reads and writes.
#pragma once

namespace gyre::weights {

inline constexpr char kConfigName[] = "config.json";
inline constexpr char kGenerationConfigName[] = "generation_config.json";
inline constexpr char kWeightsName[] = "model.safetensors";
inline constexpr char kIndexName[] = "model.safetensors.index.json";

}  // namespace gyre::weights
