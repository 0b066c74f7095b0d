// Puts the bodies of a task on a stream; does not wait. What a launch says at once is returned;
// what goes wrong later is a later call's. Defined in launch_*.cu, which nvcc compiles.
#pragma once

#include <driver_types.h>

#include "kernels/cuda/tasks.h"

namespace gyre::kernels::cuda {

cudaError_t Launch(const EmbeddingTask& task, cudaStream_t stream);
cudaError_t Launch(const BiasTask& task, cudaStream_t stream);
cudaError_t Launch(const RmsNormTask& task, cudaStream_t stream);
cudaError_t Launch(const RopeTask& task, cudaStream_t stream);
cudaError_t Launch(const SwigluTask& task, cudaStream_t stream);
cudaError_t Launch(const KvWriteTask& task, cudaStream_t stream);
cudaError_t Launch(const AttentionTask& task, cudaStream_t stream);
cudaError_t Launch(const LogSoftmaxTask& task, cudaStream_t stream);
cudaError_t Launch(const SampleTask& task, cudaStream_t stream);

}  // namespace gyre::kernels::cuda
