// clang-format off: the lanes come before what is written over them
#include "kernels/forms.h"
#include "kernels/lanes/avx512.h"
#include "kernels/body/form.inc"
// clang-format on

namespace gyre::kernels {

const KernelTable& Avx512Kernels() {
  static constexpr KernelTable kTable = MakeTable(InstructionSet::kAvx512);
  return kTable;
}

}  // namespace gyre::kernels
