#include "kernels/instruction_set.h"

namespace gyre::kernels {

const char* Name(InstructionSet instruction_set) {
  switch (instruction_set) {
    case InstructionSet::kPlain:
      return "plain";
    case InstructionSet::kAvx2:
      return "avx2";
    case InstructionSet::kAvx512:
      return "avx512";
  }
  return "unknown";
}

std::vector<InstructionSet> SupportedInstructionSets() {
  std::vector<InstructionSet> supported = {InstructionSet::kPlain};
#ifdef GYRE_KERNELS_X86
  // __builtin_cpu_supports also asks whether the operating system saves the wide registers.
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    supported.push_back(InstructionSet::kAvx2);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
      supported.push_back(InstructionSet::kAvx512);
    }
  }
#endif
  return supported;
}

InstructionSet BestInstructionSet() { return SupportedInstructionSets().back(); }

}  // namespace gyre::kernels
