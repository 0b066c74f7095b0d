// The forms of the kernel table, one a translation unit with instruction flags of its own. Called
// by kernel_table.cc only, and only where the processor has the instructions.
#pragma once

#include "kernels/kernel_table.h"

namespace gyre::kernels {

const KernelTable& PlainKernels();
const KernelTable& Avx2Kernels();
const KernelTable& Avx512Kernels();

}  // namespace gyre::kernels
