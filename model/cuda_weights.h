// A network's weights in a device's memory: matrices in one element type, norms and biases in f32.
// They stand in ParameterLayout's order and are found by its offsets. Thread-compatible; the device
// must outlive it.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "kernels/cuda/device.h"
#include "kernels/cuda/device_buffer.h"
#include "kernels/cuda/element.h"
#include "model/parameter_layout.h"
#include "model/parameters.h"

namespace gyre::model {

class CudaWeights {
 public:
  // Empty until Load.
  CudaWeights(kernels::cuda::Device& device, std::shared_ptr<const ParameterLayout> layout,
              kernels::cuda::ElementType type);

  // From parameters of this layout; again, later, in the same memory, for which no work that reads
  // it may be queued on another device. Waits until they are there. RESOURCE_EXHAUSTED: there is no
  // room; otherwise the device's fault.
  absl::Status Load(const Parameters& parameters);

  kernels::cuda::ElementType type() const { return type_; }
  const ParameterLayout& layout() const { return *layout_; }
  const std::shared_ptr<const ParameterLayout>& shared_layout() const { return layout_; }

  // Elements of type(), from a matrix's offset on.
  const void* Matrix(int64_t offset) const;
  // A vector by its offset; vectors that stand side by side in the layout do so here, too.
  const float* Vector(int64_t offset) const;

 private:
  void UploadRounded(const Parameters& parameters);

  kernels::cuda::Device& device_;
  std::shared_ptr<const ParameterLayout> layout_;
  kernels::cuda::ElementType type_;
  std::vector<std::pair<int64_t, int64_t>> vectors_;  // (offset in the layout, offset here)
  int64_t vector_floats_ = 0;
  kernels::cuda::DeviceBuffer all_;     // every tensor, though vectors are not read from it
  kernels::cuda::DeviceBuffer floats_;  // the vectors
};

}  // namespace gyre::model
