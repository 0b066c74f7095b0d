#include "kernels/cuda/cuda_device.h"

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "kernels/cuda/blas.h"
#include "kernels/cuda/cuda_status.h"
#include "kernels/cuda/launch.h"

namespace gyre::kernels::cuda {
namespace {

class CudaDevice : public Device {
 public:
  explicit CudaDevice(int ordinal) : ordinal_(ordinal) {}

  absl::Status Open() {
    int count = 0;
    GYRE_RETURN_IF_ERROR(CudaStatus(cudaGetDeviceCount(&count), "looking for GPUs"));
    if (ordinal_ < 0 || ordinal_ >= count) {
      return absl::FailedPreconditionError(
          absl::StrCat("there is no GPU ", ordinal_, "; CUDA sees ", count));
    }
    GYRE_RETURN_IF_ERROR(CudaStatus(cudaSetDevice(ordinal_), "choosing the GPU"));
    int capability = 0;
    GYRE_RETURN_IF_ERROR(
        CudaStatus(cudaDeviceGetAttribute(&capability, cudaDevAttrComputeCapabilityMajor, ordinal_),
                   "asking for the GPU's compute capability"));
    if (capability < kLeastComputeCapability) {
      return absl::FailedPreconditionError(absl::StrCat(
          "GPU ", ordinal_, " is of compute capability ", capability,
          ".x; what runs here is compiled for ", kLeastComputeCapability, ".0 and up"));
    }
    GYRE_RETURN_IF_ERROR(
        CudaStatus(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "opening a stream"));
    GYRE_ASSIGN_OR_RETURN(blas_, Blas::Create(stream_));
    return absl::OkStatus();
  }

  ~CudaDevice() override {
    UseOnThisThread();
    blas_.reset();
    // What goes wrong here has no one left to tell.
    if (stream_ != nullptr) cudaStreamDestroy(stream_);
  }

  absl::StatusOr<void*> Allocate(int64_t bytes) override {
    UseOnThisThread();
    void* memory = nullptr;
    GYRE_RETURN_IF_ERROR(CudaStatus(cudaMalloc(&memory, static_cast<size_t>(bytes)),
                                    absl::StrCat("allocating ", bytes, " bytes on the GPU")));
    return memory;
  }

  void Free(void* memory) override {
    UseOnThisThread();
    Keep(cudaStreamSynchronize(stream_), "waiting for the GPU");
    Keep(cudaFree(memory), "freeing memory of the GPU");
  }

  void Upload(const void* host, int64_t bytes, void* memory) override {
    Do("copying to the GPU", [&] {
      return cudaMemcpyAsync(memory, host, static_cast<size_t>(bytes), cudaMemcpyHostToDevice,
                             stream_);
    });
  }
  void Download(const void* memory, int64_t bytes, void* host) override {
    Do("copying from the GPU", [&] {
      return cudaMemcpyAsync(host, memory, static_cast<size_t>(bytes), cudaMemcpyDeviceToHost,
                             stream_);
    });
  }

  void Run(const LinearTask& task) override {
    UseOnThisThread();
    if (fault_.ok()) fault_ = blas_->Linear(task);
  }
  void Run(const EmbeddingTask& task) override { LaunchTask("embedding", task); }
  void Run(const BiasTask& task) override { LaunchTask("bias", task); }
  void Run(const RmsNormTask& task) override { LaunchTask("RMSNorm", task); }
  void Run(const RopeTask& task) override { LaunchTask("RoPE", task); }
  void Run(const SwigluTask& task) override { LaunchTask("SwiGLU", task); }
  void Run(const KvWriteTask& task) override { LaunchTask("cache write", task); }
  void Run(const AttentionTask& task) override { LaunchTask("attention", task); }
  void Run(const LogSoftmaxTask& task) override { LaunchTask("log-softmax", task); }
  void Run(const SampleTask& task) override { LaunchTask("sample", task); }

  absl::Status Wait() override {
    Do("waiting for the GPU", [&] { return cudaStreamSynchronize(stream_); });
    return fault_;
  }

 private:
  // CUDA's current device is a thread's.
  void UseOnThisThread() { Keep(cudaSetDevice(ordinal_), "choosing the GPU"); }

  void Keep(cudaError_t error, absl::string_view doing) {
    if (error != cudaSuccess && fault_.ok()) fault_ = CudaStatus(error, doing);
  }

  template <typename Call>
  void Do(absl::string_view doing, Call call) {
    UseOnThisThread();
    if (fault_.ok()) Keep(call(), doing);
  }

  template <typename Task>
  void LaunchTask(absl::string_view name, const Task& task) {
    UseOnThisThread();
    if (!fault_.ok()) return;
    const cudaError_t error = Launch(task, stream_);
    if (error != cudaSuccess) fault_ = CudaStatus(error, absl::StrCat("launching ", name));
  }

  const int ordinal_;
  cudaStream_t stream_ = nullptr;
  std::unique_ptr<Blas> blas_;
  absl::Status fault_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Device>> OpenCudaDevice(int ordinal) {
  auto device = std::make_unique<CudaDevice>(ordinal);
  GYRE_RETURN_IF_ERROR(device->Open());
  return device;
}

}  // namespace gyre::kernels::cuda
