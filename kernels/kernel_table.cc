#include "kernels/kernel_table.h"

#include <cstdio>
#include <cstdlib>

#include "kernels/forms.h"

namespace gyre::kernels {
namespace {

int64_t RoundUp16(int64_t n) { return (n + 15) / 16 * 16; }

// The largest register tile of any form, and the largest query block of the backward pass.
constexpr int64_t kMostTileRows = 8;
constexpr int64_t kMostQueryBlock = 64;

}  // namespace

int64_t AttentionScratchFloats(int64_t longest_length) {
  return kMostTileRows * RoundUp16(longest_length);
}

int64_t AttentionBackwardScratchFloats(int64_t length, int32_t head_size) {
  const int64_t padded_length = RoundUp16(length);
  return padded_length * (2 * head_size + 5 * RoundUp16(head_size) + 2 * kMostQueryBlock + 1);
}

const KernelTable& Kernels(InstructionSet instruction_set) {
  for (InstructionSet supported : SupportedInstructionSets()) {
    if (supported != instruction_set) continue;
    switch (instruction_set) {
      case InstructionSet::kPlain:
        return PlainKernels();
#ifdef GYRE_KERNELS_X86
      case InstructionSet::kAvx2:
        return Avx2Kernels();
      case InstructionSet::kAvx512:
        return Avx512Kernels();
#else
      default:
        break;
#endif
    }
  }
  std::fprintf(stderr, "kernels: this processor cannot run the %s form\n", Name(instruction_set));
  std::abort();
}

}  // namespace gyre::kernels
