// clang-format off: the lanes come before what is written over them
#include "kernels/forms.h"
#include "kernels/lanes/plain.h"
#include "kernels/body/form.inc"
// clang-format on

namespace gyre::kernels {

const KernelTable& PlainKernels() {
  static constexpr KernelTable kTable = MakeTable(InstructionSet::kPlain);
  return kTable;
}

}  // namespace gyre::kernels
