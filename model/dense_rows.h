// Kernel calls over rows that stand one after the other without gaps, which is how all activations
// here stand: strides are the sizes.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/kernel_table.h"
#include "kernels/packed_matrix.h"

namespace gyre::model {

// y = x·wᵀ, or y += x·wᵀ.
inline void Linear(const kernels::KernelTable& kernels, const float* x, int64_t rows,
                   const kernels::PackedMatrix& w, float* y, bool accumulate = false) {
  kernels.linear({.x = x,
                  .x_stride = w.inputs(),
                  .rows = rows,
                  .w = w.view(),
                  .y = y,
                  .y_stride = w.outputs(),
                  .accumulate = accumulate});
}

// dw[outputs][inputs] += dyᵀ·x.
inline void AddWeightGradient(const kernels::KernelTable& kernels, const float* dy, int64_t outputs,
                              const float* x, int64_t inputs, int64_t rows, float* dw) {
  kernels.weight_gradient({.dy = dy,
                           .dy_stride = outputs,
                           .x = x,
                           .x_stride = inputs,
                           .rows = rows,
                           .outputs = outputs,
                           .inputs = inputs,
                           .dw = dw,
                           .dw_stride = inputs});
}

// A normalisation's weight and epsilon.
struct RmsNorm {
  std::vector<float> weight;
  float epsilon = 0;

  int64_t size() const { return static_cast<int64_t>(weight.size()); }

  // y may be x; inv_rms is [rows] or null.
  void Forward(const kernels::KernelTable& kernels, const float* x, int64_t rows, float* y,
               float* inv_rms) const {
    kernels.rms_norm({.x = x,
                      .x_stride = size(),
                      .rows = rows,
                      .size = size(),
                      .weight = weight.data(),
                      .epsilon = epsilon,
                      .y = y,
                      .y_stride = size(),
                      .inv_rms = inv_rms});
  }

  // dx is written (it may be dy) or added to; dw is added to.
  void Backward(const kernels::KernelTable& kernels, const float* x, const float* inv_rms,
                const float* dy, int64_t rows, float* dx, bool accumulate_dx, float* dw) const {
    kernels.rms_norm_backward({.x = x,
                               .x_stride = size(),
                               .dy = dy,
                               .dy_stride = size(),
                               .inv_rms = inv_rms,
                               .weight = weight.data(),
                               .rows = rows,
                               .size = size(),
                               .dx = dx,
                               .dx_stride = size(),
                               .accumulate_dx = accumulate_dx,
                               .dw = dw});
  }
};

// Of a matrix product's two halves: gate_up[rows][2·size] holds gate and up side by side.
inline void Swiglu(const kernels::KernelTable& kernels, const float* gate_up, int64_t rows,
                   int64_t size, float* y) {
  kernels.swiglu({.gate = gate_up,
                  .gate_stride = 2 * size,
                  .up = gate_up + size,
                  .up_stride = 2 * size,
                  .rows = rows,
                  .size = size,
                  .y = y,
                  .y_stride = size});
}

// gate_up becomes its own gradient.
inline void SwigluBackward(const kernels::KernelTable& kernels, float* gate_up, const float* dy,
                           int64_t rows, int64_t size) {
  kernels.swiglu_backward({.gate = gate_up,
                           .gate_stride = 2 * size,
                           .up = gate_up + size,
                           .up_stride = 2 * size,
                           .dy = dy,
                           .dy_stride = size,
                           .rows = rows,
                           .size = size,
                           .dgate = gate_up,
                           .dgate_stride = 2 * size,
                           .dup = gate_up + size,
                           .dup_stride = 2 * size});
}

}  // namespace gyre::model
