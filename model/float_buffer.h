// Floats on a 64-byte boundary that are not initialised and, once there, are used again: the memory
// of activations, gradients and weights. Moves, does not copy. Thread-compatible.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

namespace gyre::model {

class FloatBuffer {
 public:
  FloatBuffer() = default;
  explicit FloatBuffer(int64_t floats) { Reserve(floats); }
  // What was moved from is empty.
  FloatBuffer(FloatBuffer&& other) noexcept
      : data_(std::move(other.data_)), capacity_(std::exchange(other.capacity_, 0)) {}
  FloatBuffer& operator=(FloatBuffer&& other) noexcept {
    data_ = std::move(other.data_);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }

  // Room for at least so many floats. Growing loses what is in it.
  void Reserve(int64_t floats);

  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  int64_t capacity() const { return capacity_; }

 private:
  struct Free {
    void operator()(float* data) const;
  };
  std::unique_ptr<float[], Free> data_;
  int64_t capacity_ = 0;
};

}  // namespace gyre::model
