#include "model/float_buffer.h"

#include <cstdlib>
#include <new>

namespace gyre::model {

void FloatBuffer::Free::operator()(float* data) const { std::free(data); }

void FloatBuffer::Reserve(int64_t floats) {
  if (floats <= capacity_) return;
  data_.reset();
  capacity_ = 0;  // in case that what follows throws
  const size_t bytes = (static_cast<size_t>(floats) * sizeof(float) + 63) / 64 * 64;
  data_.reset(static_cast<float*>(std::aligned_alloc(64, bytes)));
  if (data_ == nullptr) throw std::bad_alloc();
  capacity_ = static_cast<int64_t>(bytes / sizeof(float));
}

}  // namespace gyre::model
