#include "kernels/lanes/avx512.h"
#include "kernels/forms.h"

// Written over the lanes above.
#include "kernels/body/form.inc"

namespace gyre::kernels {

const KernelTable& Avx512Kernels() {
  static constexpr KernelTable kTable = MakeTable(InstructionSet::kAvx512);
  return kTable;
}

}  // namespace gyre::kernels
