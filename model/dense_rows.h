// Kernel calls over rows that stand one after the other without gaps, which is how all activations
// here stand: strides are the sizes. What is worth it is shared by the threads of the Compute.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "kernels/kernel_table.h"
#include "kernels/packed_matrix.h"
#include "model/compute.h"

namespace gyre::model {

// An exponential in multiply-adds of Compute::Share.
inline constexpr int64_t kExpWork = 50;

// Of `rows` rows by one panel: to read its weights from memory takes as long as some rows.
inline int64_t PanelWork(const kernels::PackedMatrix& w, int64_t rows) {
  return std::max<int64_t>(rows, 8) * kernels::kPanelOutputs * w.inputs();
}

// y[m][..] = x·wᵀ for the outputs of some panels, or bias + x·wᵀ, or y += x·wᵀ.
inline void LinearPanels(const kernels::KernelTable& kernels, const float* x, int64_t rows,
                         const kernels::PackedMatrix& w, int64_t first_panel, int64_t end_panel,
                         float* y, int64_t y_stride, bool accumulate = false,
                         const float* bias = nullptr) {
  kernels.linear({.x = x,
                  .x_stride = w.inputs(),
                  .rows = rows,
                  .w = w.view().Panels(first_panel, end_panel),
                  .y = y + first_panel * kernels::kPanelOutputs,
                  .y_stride = y_stride,
                  .bias = bias == nullptr ? nullptr : bias + first_panel * kernels::kPanelOutputs,
                  .accumulate = accumulate});
}

// y = x·wᵀ, or y = bias + x·wᵀ, or y += x·wᵀ, with a y_stride of its own.
inline void Linear(const Compute& compute, const float* x, int64_t rows,
                   const kernels::PackedMatrix& w, float* y, int64_t y_stride, bool accumulate,
                   const float* bias = nullptr) {
  const auto some = [&](const WorkRange& panels) {
    LinearPanels(compute.kernels(), x, rows, w, panels.first, panels.end, y, y_stride, accumulate,
                 bias);
  };
  compute.Share(WorkKind::kMatrices, w.view().num_panels(), PanelWork(w, rows), some);
}

inline void Linear(const Compute& compute, const float* x, int64_t rows,
                   const kernels::PackedMatrix& w, float* y, bool accumulate = false) {
  Linear(compute, x, rows, w, y, w.outputs(), accumulate);
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
  void Forward(const Compute& compute, const float* x, int64_t rows, float* y,
               float* inv_rms) const {
    compute.Share(WorkKind::kRows, rows, 4 * size(), [&](const WorkRange& range) {
      compute.kernels().rms_norm({.x = x + range.first * size(),
                                  .x_stride = size(),
                                  .rows = range.size(),
                                  .size = size(),
                                  .weight = weight.data(),
                                  .epsilon = epsilon,
                                  .y = y + range.first * size(),
                                  .y_stride = size(),
                                  .inv_rms = inv_rms == nullptr ? nullptr : inv_rms + range.first});
    });
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

// Of a matrix product's two halves: gate_up[rows][2·size] holds gate and up side by side. Columns
// first..end-1 of both and of y[rows][size].
inline void SwigluColumns(const kernels::KernelTable& kernels, const float* gate_up, int64_t rows,
                          int64_t size, int64_t first, int64_t end, float* y) {
  kernels.swiglu({.gate = gate_up + first,
                  .gate_stride = 2 * size,
                  .up = gate_up + size + first,
                  .up_stride = 2 * size,
                  .rows = rows,
                  .size = end - first,
                  .y = y + first,
                  .y_stride = size});
}

inline void Swiglu(const Compute& compute, const float* gate_up, int64_t rows, int64_t size,
                   float* y) {
  compute.Share(WorkKind::kRows, rows, kExpWork * size, [&](const WorkRange& range) {
    SwigluColumns(compute.kernels(), gate_up + range.first * 2 * size, range.size(), size, 0, size,
                  y + range.first * size);
  });
}

// gate_up = x·wᵀ and y = silu(gate)·up. Where gate and up begin with a panel each, a thread makes
// both of some columns and y from them while they are in its cache.
inline void GatedLinear(const Compute& compute, const float* x, int64_t rows,
                        const kernels::PackedMatrix& w, float* gate_up, float* y) {
  const int64_t size = w.outputs() / 2;
  if (compute.threads() == 1 || size % kernels::kPanelOutputs != 0) {
    Linear(compute, x, rows, w, gate_up);
    Swiglu(compute, gate_up, rows, size, y);
    return;
  }
  const int64_t panels = size / kernels::kPanelOutputs;
  compute.Share(WorkKind::kMatrices, panels, 2 * PanelWork(w, rows), [&](const WorkRange& range) {
    for (const int64_t half : {int64_t{0}, panels}) {
      LinearPanels(compute.kernels(), x, rows, w, half + range.first, half + range.end, gate_up,
                   2 * size);
    }
    SwigluColumns(compute.kernels(), gate_up, rows, size, range.first * kernels::kPanelOutputs,
                  range.end * kernels::kPanelOutputs, y);
  });
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
