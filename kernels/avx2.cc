#include "kernels/lanes/avx2.h"
#include "kernels/forms.h"

// Written over the lanes above.
#include "kernels/body/form.inc"

namespace gyre::kernels {

const KernelTable& Avx2Kernels() {
  static constexpr KernelTable kTable = MakeTable(InstructionSet::kAvx2);
  return kTable;
}

}  // namespace gyre::kernels
