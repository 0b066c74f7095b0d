// The memory of keys and values on a device: blocks of kernels::kBlockTokens positions of one
// sequence in all layers, each layer in kernels::KvLayout's form. Which block is whose is the
// caller's to know. Thread-compatible; the device must outlive it.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "kernels/cuda/device.h"
#include "kernels/cuda/device_buffer.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/tasks.h"
#include "kernels/kv_layout.h"
#include "weights/model_config.h"

namespace gyre::model {

class CudaCache {
 public:
  // Without blocks until Reserve.
  CudaCache(kernels::cuda::Device& device, const weights::ModelConfig& config,
            kernels::cuda::ElementType type)
      : num_layers_(config.num_layers),
        layout_{static_cast<int32_t>(config.num_kv_heads), static_cast<int32_t>(config.head_size)},
        type_(type),
        blocks_(device) {}

  // Room for so many blocks; their content is lost. RESOURCE_EXHAUSTED: there are none.
  absl::Status Reserve(int64_t num_blocks) {
    num_blocks_ = 0;
    if (absl::Status status = blocks_.Reserve(num_blocks * BytesPerBlock()); !status.ok())
      return status;
    num_blocks_ = num_blocks;
    return absl::OkStatus();
  }

  int64_t num_blocks() const { return num_blocks_; }
  int64_t BytesPerBlock() const {
    return num_layers_ * layout_.FloatsPerBlock() * kernels::cuda::BytesOf(type_);
  }

  kernels::cuda::CacheLayer Layer(int64_t index) const {
    return {.type = type_,
            .blocks = blocks_.data(),
            .layout = layout_,
            .block_stride = num_layers_ * layout_.FloatsPerBlock(),
            .offset = index * layout_.FloatsPerBlock()};
  }

 private:
  int64_t num_layers_;
  kernels::KvLayout layout_;
  kernels::cuda::ElementType type_;
  int64_t num_blocks_ = 0;
  kernels::cuda::DeviceBuffer blocks_;
};

}  // namespace gyre::model
