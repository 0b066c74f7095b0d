#include "kernels/cuda/block_team.h"
#include "kernels/cuda/launch.h"

namespace gyre::kernels::cuda {

cudaError_t Launch(const LogSoftmaxTask& task, cudaStream_t stream) {
  return LaunchBodies(task, stream);
}

cudaError_t Launch(const SampleTask& task, cudaStream_t stream) {
  return LaunchBodies(task, stream);
}

}  // namespace gyre::kernels::cuda
