// The families of networks that can be read, and how other programs name them. They are one network
// (model/network.h) with small differences, which ModelConfig's predicates spell out.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gyre::weights {

enum class ModelFamily {
  kLlama,
  kQwen2,  // also Qwen2.5: q, k and v have biases
  kQwen3,  // each head of q and k goes through an RMSNorm
};

// config.json's model_type and GGUF's general.architecture: "llama", "qwen2", "qwen3".
std::string_view ModelTypeOf(ModelFamily family);
std::optional<ModelFamily> FamilyOfModelType(std::string_view model_type);
// "llama, qwen2, qwen3", for errors.
std::string KnownModelTypes();

// The class of transformers, as in config.json's architectures: "LlamaForCausalLM".
std::string_view ArchitectureOf(ModelFamily family);

}  // namespace gyre::weights
