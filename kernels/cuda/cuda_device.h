// A GPU as a Device: one stream of its own, which does not wait for other streams, and cuBLAS on
// it. To work beside it (to load the next weights, say), open the same GPU once more.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "kernels/cuda/device.h"

namespace gyre::kernels::cuda {

// `ordinal` counts the GPUs that CUDA_VISIBLE_DEVICES leaves. FAILED_PRECONDITION: there is no such
// GPU, its driver is too old, or it is of a generation before kLeastComputeCapability.
inline constexpr int kLeastComputeCapability = 8;  // Ampere: the first with bf16
absl::StatusOr<std::unique_ptr<Device>> OpenCudaDevice(int ordinal);

}  // namespace gyre::kernels::cuda
