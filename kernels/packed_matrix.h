// A weight matrix in the order in which `linear` reads it: panels of 32 outputs, [⌈N/32⌉][K][32],
// zero padded.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

namespace gyre::kernels {

inline constexpr int64_t kPanelOutputs = 32;
// Matrices from this size on do not stay in a core's cache from one use to the next: `linear`
// fetches their panels ahead.
inline constexpr int64_t kStreamedFloats = 64 * 1024;

// Borrowed from a PackedMatrix; valid until that is packed again or destroyed.
struct PackedView {
  const float* panels = nullptr;
  int64_t outputs = 0;    // N
  int64_t inputs = 0;     // K
  bool streamed = false;  // of a matrix of kStreamedFloats or more

  int64_t num_panels() const { return (outputs + kPanelOutputs - 1) / kPanelOutputs; }
  // The matrix of the outputs of some panels alone.
  PackedView Panels(int64_t first, int64_t end) const {
    const int64_t first_output = first * kPanelOutputs;
    const int64_t end_output = end * kPanelOutputs < outputs ? end * kPanelOutputs : outputs;
    return {panels + first_output * inputs, end_output - first_output, inputs, streamed};
  }
};

// Owns its storage (64-byte aligned), which it reuses when packed again with no larger shape.
// Thread-compatible: packing excludes readers.
class PackedMatrix {
 public:
  PackedMatrix() = default;
  // What was moved from is empty.
  PackedMatrix(PackedMatrix&& other) noexcept { *this = std::move(other); }
  PackedMatrix& operator=(PackedMatrix&& other) noexcept {
    panels_ = std::move(other.panels_);
    capacity_floats_ = std::exchange(other.capacity_floats_, 0);
    outputs_ = std::exchange(other.outputs_, 0);
    inputs_ = std::exchange(other.inputs_, 0);
    return *this;
  }

  // From w[outputs][inputs], the form in which weights are kept; y = x·wᵀ.
  void Pack(const float* w, int64_t w_stride, int64_t outputs, int64_t inputs);

  // From w[inputs][outputs]: `linear` then gives y = x·w. With a layer's own weights w[N][K],
  // Pack-ed for the forward pass, PackTransposed(w, w_stride, /*outputs=*/K, /*inputs=*/N) serves
  // the gradient dx[m][k] = Σ_n dy[m][n] · w[n][k].
  void PackTransposed(const float* w, int64_t w_stride, int64_t outputs, int64_t inputs);

  // w[output], for any of the outputs.
  void UnpackOutput(int64_t output, float* row) const;

  PackedView view() const {
    return {panels_.get(), outputs_, inputs_, outputs_ * inputs_ >= kStreamedFloats};
  }
  int64_t outputs() const { return outputs_; }
  int64_t inputs() const { return inputs_; }

 private:
  struct Free {
    void operator()(float* panels) const;
  };
  void Reserve(int64_t outputs, int64_t inputs);

  std::unique_ptr<float[], Free> panels_;
  int64_t capacity_floats_ = 0;
  int64_t outputs_ = 0;
  int64_t inputs_ = 0;
};

}  // namespace gyre::kernels
