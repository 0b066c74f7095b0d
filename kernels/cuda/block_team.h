// The team of a body on a device: the threads of a block. For .cu files.
#pragma once

#include <cuda_runtime.h>

#include "kernels/cuda/bodies.h"
#include "kernels/cuda/team.h"

namespace gyre::kernels::cuda {

// Of the functions that both the processor and a device run, only the device's are ever called
// with it; the processor's must compile.
class BlockTeam {
 public:
  template <typename Function>
  GYRE_ON_DEVICE void Phase(Function function) const {
#ifdef __CUDA_ARCH__
    function(static_cast<int>(threadIdx.x));
    __syncthreads();
#endif
  }

  template <typename T>
  GYRE_ON_DEVICE T Agreed(const T& shared) const {
    const T value = shared;
#ifdef __CUDA_ARCH__
    __syncthreads();
#endif
    return value;
  }
};

template <typename Body>
__global__ void __launch_bounds__(Body::kThreads) BodyKernel(const typename Body::Task task) {
  __shared__ typename Body::Shared shared;
  Body::Run(BlockTeam(), shared, task, {.x = blockIdx.x, .y = blockIdx.y, .z = blockIdx.z});
}

template <typename Task>
cudaError_t LaunchBodies(const Task& task, cudaStream_t stream) {
  cudaError_t error = cudaSuccess;
  RunBodies(task, [&]<typename Body>(Body, const Task& task_of_body) {
    const Grid grid = Body::GridOf(task_of_body);
    if (error != cudaSuccess || grid.x * grid.y * grid.z == 0) return;
    if (grid.y > kMostGridSide || grid.z > kMostGridSide) {
      error = cudaErrorInvalidConfiguration;
      return;
    }
    const dim3 blocks(static_cast<unsigned>(grid.x), static_cast<unsigned>(grid.y),
                      static_cast<unsigned>(grid.z));
    BodyKernel<Body><<<blocks, Body::kThreads, 0, stream>>>(task_of_body);
    error = cudaGetLastError();
  });
  return error;
}

}  // namespace gyre::kernels::cuda
