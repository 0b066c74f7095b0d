#include "kernels/cuda/blas.h"

#include <cublas_v2.h>
#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "kernels/cuda/cuda_status.h"

namespace gyre::kernels::cuda {
namespace {

// What cuBLAS recommends for the Hopper generation; less suffices for older ones.
constexpr size_t kWorkspaceBytes = size_t{32} << 20;

}  // namespace

absl::StatusOr<std::unique_ptr<Blas>> Blas::Create(cudaStream_t stream) {
  std::unique_ptr<Blas> blas(new Blas());
  GYRE_RETURN_IF_ERROR(CublasStatus(cublasCreate(&blas->handle_), "opening cuBLAS"));
  GYRE_RETURN_IF_ERROR(CudaStatus(cudaMalloc(&blas->workspace_, kWorkspaceBytes),
                                  "allocating the workspace of cuBLAS"));
  GYRE_RETURN_IF_ERROR(
      CublasStatus(cublasSetStream(blas->handle_, stream), "giving cuBLAS its stream"));
  // After the stream, which takes the workspace away.
  GYRE_RETURN_IF_ERROR(
      CublasStatus(cublasSetWorkspace(blas->handle_, blas->workspace_, kWorkspaceBytes),
                   "giving cuBLAS its workspace"));
  const auto mode = static_cast<cublasMath_t>(CUBLAS_DEFAULT_MATH |
                                              CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION);
  GYRE_RETURN_IF_ERROR(
      CublasStatus(cublasSetMathMode(blas->handle_, mode), "setting the mode of cuBLAS"));
  return blas;
}

Blas::~Blas() {
  // What goes wrong here has no one left to tell.
  if (handle_ != nullptr) cublasDestroy(handle_);
  if (workspace_ != nullptr) cudaFree(workspace_);
}

absl::Status Blas::Linear(const LinearTask& task) {
  if (task.rows == 0) return absl::OkStatus();
  constexpr int64_t kMost = std::numeric_limits<int>::max();
  if (task.rows > kMost || task.outputs > kMost || task.inputs > kMost) {
    return absl::InvalidArgumentError(absl::StrCat("a matrix product of ", task.rows, " rows, ",
                                                   task.outputs, " outputs and ", task.inputs,
                                                   " inputs is larger than cuBLAS takes"));
  }
  const cudaDataType_t type = task.type == ElementType::kF32 ? CUDA_R_32F : CUDA_R_16BF;
  const auto rows = static_cast<int>(task.rows);
  const auto outputs = static_cast<int>(task.outputs);
  const auto inputs = static_cast<int>(task.inputs);
  const float one = 1.0f;
  const float keep = task.accumulate ? 1.0f : 0.0f;
  // cuBLAS counts columns first: its matrices are the transposed ones of ours, yᵀ = w·xᵀ.
  return CublasStatus(
      cublasGemmEx(handle_, CUBLAS_OP_T, CUBLAS_OP_N, outputs, rows, inputs, &one, task.w, type,
                   inputs, task.x, type, inputs, &keep, task.y, CUDA_R_32F, outputs,
                   CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT),
      absl::StrCat("multiplying ", rows, " rows by a matrix of ", outputs, " by ", inputs));
}

}  // namespace gyre::kernels::cuda
