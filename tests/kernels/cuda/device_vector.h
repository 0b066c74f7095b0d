// Values in a device's memory, for tests.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/cuda/device.h"
#include "kernels/cuda/device_buffer.h"
#include "kernels/cuda/element.h"

namespace gyre::kernels::cuda {

template <typename T>
class DeviceVector {
 public:
  DeviceVector(Device& device, const std::vector<T>& values)
      : DeviceVector(device, static_cast<int64_t>(values.size())) {
    if (size_ > 0) device.Upload(values.data(), Bytes(), data());
  }
  // Of undefined content.
  DeviceVector(Device& device, int64_t size) : device_(device), size_(size), buffer_(device) {
    EXPECT_TRUE(buffer_.Reserve(Bytes()).ok());
  }

  T* data() const { return static_cast<T*>(buffer_.data()); }
  std::vector<T> Host() const {
    std::vector<T> values(static_cast<size_t>(size_));
    device_.Download(data(), Bytes(), values.data());
    const absl::Status done = device_.Wait();
    EXPECT_TRUE(done.ok()) << done;
    return values;
  }

 private:
  int64_t Bytes() const { return size_ * static_cast<int64_t>(sizeof(T)); }

  Device& device_;
  int64_t size_;
  DeviceBuffer buffer_;
};

// Floats as elements of a type, and what they are then.
class ElementVector {
 public:
  ElementVector(Device& device, ElementType type, int64_t size)
      : type_(type),
        f32_(device, type == ElementType::kF32 ? size : 0),
        bf16_(device, type == ElementType::kBf16 ? size : 0) {}
  ElementVector(Device& device, ElementType type, const std::vector<float>& values)
      : type_(type),
        f32_(device, type == ElementType::kF32 ? values : std::vector<float>()),
        bf16_(device, type == ElementType::kBf16 ? Rounded(values) : std::vector<Bf16>()) {}

  void* data() const {
    return type_ == ElementType::kF32 ? static_cast<void*>(f32_.data()) : bf16_.data();
  }
  std::vector<float> Host() const {
    if (type_ == ElementType::kF32) return f32_.Host();
    std::vector<float> values;
    for (const Bf16 element : bf16_.Host()) values.push_back(ToFloat(element));
    return values;
  }

  static std::vector<Bf16> Rounded(const std::vector<float>& values) {
    std::vector<Bf16> rounded(values.size());
    for (size_t i = 0; i < values.size(); ++i) Store(values[i], &rounded[i]);
    return rounded;
  }

 private:
  ElementType type_;
  DeviceVector<float> f32_;
  DeviceVector<Bf16> bf16_;
};

// What `values` are once they have been elements of a type.
inline std::vector<float> AsElements(ElementType type, std::vector<float> values) {
  for (float& value : values) {
    if (type == ElementType::kF32) continue;
    Bf16 element;
    Store(value, &element);
    value = ToFloat(element);
  }
  return values;
}

}  // namespace gyre::kernels::cuda
