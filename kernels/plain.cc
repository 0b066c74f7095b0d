#include "kernels/lanes/plain.h"
#include "kernels/forms.h"

// Written over the lanes above.
#include "kernels/body/form.inc"

namespace gyre::kernels {

const KernelTable& PlainKernels() {
  static constexpr KernelTable kTable = MakeTable(InstructionSet::kPlain);
  return kTable;
}

}  // namespace gyre::kernels
