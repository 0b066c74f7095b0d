// Which vector instructions the kernels are built for and which of them this processor has. Every
// form gives the same bits (docs/numerics.md), so the choice is one of speed only.
#pragma once

#include <vector>

namespace gyre::kernels {

enum class InstructionSet { kPlain, kAvx2, kAvx512 };

// "plain", "avx2", "avx512".
const char* Name(InstructionSet instruction_set);

// The fastest form that was built and that this processor and operating system can run.
InstructionSet BestInstructionSet();

// All forms that can run here, kPlain first, the best last.
std::vector<InstructionSet> SupportedInstructionSets();

}  // namespace gyre::kernels
