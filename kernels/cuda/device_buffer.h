// Memory of a device, which it must not outlive. Moves, does not copy. Grows when asked to, and
// stays.
#pragma once

#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "base/status_macros.h"
#include "kernels/cuda/device.h"

namespace gyre::kernels::cuda {

class DeviceBuffer {
 public:
  explicit DeviceBuffer(Device& device) : device_(&device) {}
  // What was moved from is empty.
  DeviceBuffer(DeviceBuffer&& other) noexcept
      : device_(other.device_),
        data_(std::exchange(other.data_, nullptr)),
        bytes_(std::exchange(other.bytes_, 0)) {}
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept {
    std::swap(device_, other.device_);
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~DeviceBuffer() {
    if (data_ != nullptr) device_->Free(data_);
  }

  // Room for at least so many bytes. Growing waits for all that is queued, and loses what is in it.
  // RESOURCE_EXHAUSTED: the buffer is empty.
  absl::Status Reserve(int64_t bytes) {
    if (bytes <= bytes_) return absl::OkStatus();
    if (data_ != nullptr) device_->Free(std::exchange(data_, nullptr));
    bytes_ = 0;
    GYRE_ASSIGN_OR_RETURN(data_, device_->Allocate(bytes));
    bytes_ = bytes;
    return absl::OkStatus();
  }

  void* data() const { return data_; }
  float* floats() const { return static_cast<float*>(data_); }
  int32_t* integers() const { return static_cast<int32_t*>(data_); }
  int64_t bytes() const { return bytes_; }

 private:
  Device* device_;
  void* data_ = nullptr;
  int64_t bytes_ = 0;
};

}  // namespace gyre::kernels::cuda
