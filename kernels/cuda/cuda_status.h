// Errors of the CUDA runtime and of cuBLAS as absl::Status, by their own names: "allocating 64
// bytes: cudaErrorMemoryAllocation (out of memory)".
#pragma once

#include <cublas_api.h>
#include <driver_types.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace gyre::kernels::cuda {

// RESOURCE_EXHAUSTED: no memory. FAILED_PRECONDITION: no GPU, or a driver that is too old.
// INTERNAL: all else.
absl::Status CudaStatus(cudaError_t error, absl::string_view doing);
absl::Status CublasStatus(cublasStatus_t status, absl::string_view doing);

}  // namespace gyre::kernels::cuda
