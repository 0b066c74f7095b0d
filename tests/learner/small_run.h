// A run of seconds: an SFT stage of six steps, then an RL stage of three with a KL term, whose
// reference moves, and two updates a step. Versions 1 … 9; checkpoints at 2, 4, 6, 8 and 9.
#pragma once

#include "base/check.h"
#include "google/protobuf/text_format.h"
#include "proto/run_spec.pb.h"

namespace gyre::learner {

inline constexpr int64_t kSmallRunVersions = 9;

inline RunSpec SmallRun() {
  RunSpec spec;
  const bool parsed = google::protobuf::TextFormat::ParseFromString(R"(
      name: "small" seed: 5
      model { new { hidden_size: 16 num_layers: 2 num_heads: 2 intermediate_size: 24
                    max_positions: 320 } }
      stage { name: "base" start: MODEL
              sft { examples: "countdown:traces" steps: 6 examples_per_step: 8
                    optimizer { learning_rate: 1e-2 schedule: COSINE warmup_updates: 2
                                weight_decay: 0.01 } } }
      stage { name: "zero"
              rl { problems: "countdown:train" prompts_per_step: 4 samples_per_prompt: 4
                   max_response_tokens: 12 reward { component: "accuracy" }
                   grpo { kl_coefficient: 0.05 reference_every_steps: 2 }
                   updates_per_step: 2 steps: 3 optimizer { learning_rate: 1e-3 } } }
      checkpoint { every_steps: 2 }
      limits { collective_seconds: 20 })",
                                                                    &spec);
  GYRE_CHECK(parsed, "the spec is well formed");
  return spec;
}

}  // namespace gyre::learner
