// clang-format off: the lanes come before what is written over them
#include "kernels/forms.h"
#include "kernels/lanes/avx2.h"
#include "kernels/body/form.inc"
// clang-format on

namespace gyre::kernels {

const KernelTable& Avx2Kernels() {
  static constexpr KernelTable kTable = MakeTable(InstructionSet::kAvx2);
  return kTable;
}

}  // namespace gyre::kernels
