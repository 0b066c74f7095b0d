#include "kernels/cuda/block_team.h"
#include "kernels/cuda/launch.h"

namespace gyre::kernels::cuda {

cudaError_t Launch(const EmbeddingTask& task, cudaStream_t stream) {
  return LaunchBodies(task, stream);
}

cudaError_t Launch(const BiasTask& task, cudaStream_t stream) { return LaunchBodies(task, stream); }

cudaError_t Launch(const RmsNormTask& task, cudaStream_t stream) {
  return LaunchBodies(task, stream);
}

cudaError_t Launch(const RopeTask& task, cudaStream_t stream) { return LaunchBodies(task, stream); }

cudaError_t Launch(const SwigluTask& task, cudaStream_t stream) {
  return LaunchBodies(task, stream);
}

}  // namespace gyre::kernels::cuda
