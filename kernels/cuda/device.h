// A device with memory of its own that does tasks in the order in which they are given, beside the
// processor. CudaDevice (kernels/cuda/cuda_device.h) is a GPU; tests have one that is the processor
// itself (tests/kernels/cuda/twin_device.h), so that what is built on devices is tested without.
//
// Run, Upload and Download queue work and return. They report nothing: the first fault is kept, all
// work after it is dropped, and Wait tells. After a fault the device is of no use any more, except
// to free memory. Pointers in tasks are the device's and stay valid until the work is done.
// For one caller at a time.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kernels/cuda/tasks.h"

namespace gyre::kernels::cuda {

class Device {
 public:
  virtual ~Device() = default;

  // Memory of undefined content. RESOURCE_EXHAUSTED when there is not enough.
  virtual absl::StatusOr<void*> Allocate(int64_t bytes) = 0;
  // Waits for all that is queued.
  virtual void Free(void* memory) = 0;

  // The host's memory may be used again on return, which may wait for the queue.
  virtual void Upload(const void* host, int64_t bytes, void* memory) = 0;
  // What is in the host's memory is defined after Wait; until then that must not be freed.
  virtual void Download(const void* memory, int64_t bytes, void* host) = 0;

  virtual void Run(const EmbeddingTask& task) = 0;
  virtual void Run(const LinearTask& task) = 0;
  virtual void Run(const BiasTask& task) = 0;
  virtual void Run(const RmsNormTask& task) = 0;
  virtual void Run(const RopeTask& task) = 0;
  virtual void Run(const SwigluTask& task) = 0;
  virtual void Run(const KvWriteTask& task) = 0;
  virtual void Run(const AttentionTask& task) = 0;
  virtual void Run(const LogSoftmaxTask& task) = 0;
  virtual void Run(const SampleTask& task) = 0;

  // Blocks until all that was queued is done. The first fault there ever was, by the device's own
  // name for it.
  virtual absl::Status Wait() = 0;
};

}  // namespace gyre::kernels::cuda
