#pragma once

#include <string>

namespace gyre::spec {

// A small valid spec with an sft and an rl stage. Line 1 has its name.
inline std::string ValidSpec() {
  return R"(name: "small"
model {
  new { hidden_size: 32 num_layers: 2 num_heads: 2 intermediate_size: 64 max_positions: 256 }
}
stage {
  name: "base"
  sft {
    examples: "countdown:traces" steps: 20 examples_per_step: 4 max_tokens: 256
    optimizer { learning_rate: 1e-3 warmup_updates: 2 }
  }
}
stage {
  name: "zero"
  rl {
    problems: "countdown:train"
    prompts_per_step: 4
    samples_per_prompt: 4
    max_response_tokens: 64
    reward { component: "accuracy" }
    optimizer { learning_rate: 1e-4 }
    steps: 6
  }
  eval { problems: "countdown:held_out" max_problems: 10 samples_per_prompt: 2 every_steps: 3 }
}
)";
}

// ValidSpec with one text replaced by another; `from` must be in it.
inline std::string SpecWith(const std::string& from, const std::string& to) {
  std::string text = ValidSpec();
  return text.replace(text.find(from), from.size(), to);
}

}  // namespace gyre::spec
