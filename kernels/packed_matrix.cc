#include "kernels/packed_matrix.h"

#ifdef __linux__
#include <sys/mman.h>
#endif

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace gyre::kernels {

void PackedMatrix::Free::operator()(float* panels) const { std::free(panels); }

namespace {

// Large matrices are streamed from memory once a step: huge pages spare most of the address
// translations.
constexpr int64_t kHugePageBytes = int64_t{2} << 20;

float* Allocate(int64_t floats) {
  const int64_t bytes = floats * static_cast<int64_t>(sizeof(float));
  const int64_t alignment = bytes >= kHugePageBytes ? kHugePageBytes : 64;
  const int64_t padded = (bytes + alignment - 1) / alignment * alignment;
  void* memory = std::aligned_alloc(static_cast<size_t>(alignment), static_cast<size_t>(padded));
  if (memory == nullptr) throw std::bad_alloc();
#ifdef __linux__
  if (bytes >= kHugePageBytes)
    madvise(memory, static_cast<size_t>(padded), MADV_HUGEPAGE);  // a hint: may fail
#endif
  return static_cast<float*>(memory);
}

}  // namespace

void PackedMatrix::Reserve(int64_t outputs, int64_t inputs) {
  const int64_t floats = (outputs + kPanelOutputs - 1) / kPanelOutputs * kPanelOutputs * inputs;
  if (floats > capacity_floats_) {
    panels_.reset();
    capacity_floats_ = 0;  // in case that the allocation throws
    panels_.reset(Allocate(floats));
    capacity_floats_ = floats;
  }
  outputs_ = outputs;
  inputs_ = inputs;
}

void PackedMatrix::Pack(const float* w, int64_t w_stride, int64_t outputs, int64_t inputs) {
  Reserve(outputs, inputs);
  for (int64_t first = 0; first < outputs; first += kPanelOutputs) {
    float* panel = panels_.get() + first * inputs;
    const int64_t columns = std::min(kPanelOutputs, outputs - first);
    // 16 inputs at a time: one cache line of each of the panel's rows of w, and a compact part of
    // the panel.
    for (int64_t k0 = 0; k0 < inputs; k0 += 16) {
      const int64_t k1 = std::min(k0 + 16, inputs);
      for (int64_t n = 0; n < columns; ++n) {
        const float* row = w + (first + n) * w_stride;
        for (int64_t k = k0; k < k1; ++k) panel[k * kPanelOutputs + n] = row[k];
      }
      for (int64_t k = k0; k < k1; ++k)
        std::fill(panel + k * kPanelOutputs + columns, panel + (k + 1) * kPanelOutputs, 0.0f);
    }
  }
}

void PackedMatrix::PackTransposed(const float* w, int64_t w_stride, int64_t outputs,
                                  int64_t inputs) {
  Reserve(outputs, inputs);
  for (int64_t first = 0; first < outputs; first += kPanelOutputs) {
    float* panel = panels_.get() + first * inputs;
    const int64_t columns = std::min(kPanelOutputs, outputs - first);
    for (int64_t k = 0; k < inputs; ++k, panel += kPanelOutputs) {
      std::memcpy(panel, w + k * w_stride + first, static_cast<size_t>(columns) * sizeof(float));
      std::fill(panel + columns, panel + kPanelOutputs, 0.0f);
    }
  }
}

void PackedMatrix::UnpackOutput(int64_t output, float* row) const {
  const float* from =
      panels_.get() + output / kPanelOutputs * kPanelOutputs * inputs_ + output % kPanelOutputs;
  for (int64_t k = 0; k < inputs_; ++k) row[k] = from[k * kPanelOutputs];
}

}  // namespace gyre::kernels
