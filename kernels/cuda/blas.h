// Matrix products by cuBLAS, on one stream: f32 is computed in f32 (no TF32), bf16 with sums in f32
// that are never reduced in bf16. Workspace is its own, so a shape gives the same bits each time;
// but cuBLAS chooses a kernel by the shape, so a row's bits may depend on how many rows there are.
// For one thread at a time.
#pragma once

#include <cublas_api.h>
#include <driver_types.h>

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kernels/cuda/tasks.h"

namespace gyre::kernels::cuda {

class Blas {
 public:
  // On the calling thread's current device.
  static absl::StatusOr<std::unique_ptr<Blas>> Create(cudaStream_t stream);
  ~Blas();
  Blas(const Blas&) = delete;
  Blas& operator=(const Blas&) = delete;

  // Queues y = x·wᵀ; does not wait.
  absl::Status Linear(const LinearTask& task);

 private:
  Blas() = default;

  cublasHandle_t handle_ = nullptr;
  void* workspace_ = nullptr;
};

}  // namespace gyre::kernels::cuda
