// The CPU kernels: f32, row-major, pointers and strides, no allocation, no threads, no locks. A
// KernelTable holds one form (plain, AVX2, AVX-512) of each; callers take `const KernelTable&
// kernels = Kernels(BestInstructionSet())` once and pass it down. Any thread may call any kernel at
// any time on memory of its own.
//
// What holds for all of them (docs/numerics.md says how, tests/kernels/ checks it):
//  - every form gives the same bits;
//  - the result for a row depends on that row alone: not on the rows beside it, their number or how
//  they are cut into calls.
//    (Sums over rows, as in weight gradients, depend on the rows of the call, in their order.)
// Strides and sizes are counted in floats; a stride is the distance from one row to the next.
// Pointers need no alignment (64 bytes is fastest). Outputs may not overlap inputs, except where a
// comment says "in place". Legend: rows M, outputs N, inputs K, vocabulary V, tokens T, head size
// D.
#pragma once

#include <cstdint>

#include "kernels/instruction_set.h"
#include "kernels/kv_layout.h"
#include "kernels/packed_matrix.h"

namespace gyre::kernels {

// y[m][n] = start + Σ_k x[m][k] · w[n][k]. k is taken in parts of kLinearPartInputs, the last one
// of kLinearPartInputs to twice that less one: one FMA chain over k in order within a part, the
// first from start and the others from 0, and the parts' sums are added in order. (One chain over
// thousands of inputs rounds a growing sum at each step.) start is 0, or bias[n], or y[m][n] as it
// stands (a residual connection: y += x·Wᵀ; also the sum of several input gradients). Not both. The
// backward pass for x is the same kernel over PackedMatrix::PackTransposed.
inline constexpr int64_t kLinearPartInputs = 64;
struct LinearArguments {
  const float* x = nullptr;  // [rows][inputs]
  int64_t x_stride = 0;
  int64_t rows = 0;
  PackedView w;
  float* y = nullptr;  // [rows][outputs]
  int64_t y_stride = 0;
  const float* bias = nullptr;  // [outputs] or null
  bool accumulate = false;
};

// dw[n][k] += Σ_m dy[m][n] · x[m][k]. The rows are taken in blocks of kGradientBlockRows counted
// from the call's first: one FMA chain over m within a block, and the blocks' sums are added to dw
// in order.
inline constexpr int64_t kGradientBlockRows = 256;
struct WeightGradientArguments {
  const float* dy = nullptr;  // [rows][outputs]
  int64_t dy_stride = 0;
  const float* x = nullptr;  // [rows][inputs]
  int64_t x_stride = 0;
  int64_t rows = 0;
  int64_t outputs = 0;
  int64_t inputs = 0;
  float* dw = nullptr;  // [outputs][inputs]
  int64_t dw_stride = 0;
};

// y = x · inv_rms · weight, inv_rms = 1 / sqrt(mean(x²) + epsilon). y may be x (in place).
struct RmsNormArguments {
  const float* x = nullptr;  // [rows][size]
  int64_t x_stride = 0;
  int64_t rows = 0;
  int64_t size = 0;
  const float* weight = nullptr;  // [size]
  float epsilon = 1e-5f;
  float* y = nullptr;  // [rows][size]
  int64_t y_stride = 0;
  float* inv_rms = nullptr;  // [rows] or null; what the backward pass needs
};

// From dy: dx (written, or added to when accumulate_dx) and dw (added to, rows in blocks of
// kGradientBlockRows as above).
struct RmsNormBackwardArguments {
  const float* x = nullptr;  // [rows][size], the input of the forward pass
  int64_t x_stride = 0;
  const float* dy = nullptr;  // [rows][size]
  int64_t dy_stride = 0;
  const float* inv_rms = nullptr;  // [rows], from the forward pass
  const float* weight = nullptr;   // [size]
  int64_t rows = 0;
  int64_t size = 0;
  float* dx = nullptr;  // [rows][size] or null; may be dy (in place)
  int64_t dx_stride = 0;
  bool accumulate_dx = false;
  float* dw = nullptr;  // [size] or null
};

// Rotary positions, rotate-half form, in place: element i of a head's first half pairs with element
// i of its second half and turns by the angle of (position, i). The tables are RopeTable's.
// `inverse` turns back: the backward pass.
struct RopeArguments {
  float* x = nullptr;  // [rows][heads][head_size]; the heads of a row stand side by side
  int64_t row_stride = 0;
  int64_t rows = 0;
  int32_t heads = 0;
  int32_t head_size = 0;               // even
  const int32_t* positions = nullptr;  // [rows], each below the tables' number of positions
  const float* cos = nullptr;          // [positions][head_size / 2]
  const float* sin = nullptr;
  bool inverse = false;
};

// y = silu(gate) · up, silu(g) = g / (1 + exp(-g)). gate and up may be the two halves of one
// matrix's rows. y may be gate or up (in place).
struct SwigluArguments {
  const float* gate = nullptr;  // [rows][size]
  int64_t gate_stride = 0;
  const float* up = nullptr;  // [rows][size]
  int64_t up_stride = 0;
  int64_t rows = 0;
  int64_t size = 0;
  float* y = nullptr;  // [rows][size]
  int64_t y_stride = 0;
};

// dgate and dup are written; they may be gate, up or dy (in place).
struct SwigluBackwardArguments {
  const float* gate = nullptr;  // [rows][size]
  int64_t gate_stride = 0;
  const float* up = nullptr;  // [rows][size]
  int64_t up_stride = 0;
  const float* dy = nullptr;  // [rows][size]
  int64_t dy_stride = 0;
  int64_t rows = 0;
  int64_t size = 0;
  float* dgate = nullptr;  // [rows][size]
  int64_t dgate_stride = 0;
  float* dup = nullptr;  // [rows][size]
  int64_t dup_stride = 0;
};

// One query token: attends to the first `length` positions of its sequence (itself included).
struct AttentionRow {
  const float* q = nullptr;  // [heads][head_size]
  float* out = nullptr;      // [heads][head_size]
  // The sequence's blocks in order, ⌈length / kBlockTokens⌉ of them, each in KvLayout's form.
  // Floats past `length` are never read into a result, whatever they hold.
  const float* const* blocks = nullptr;
  int32_t length = 0;    // at least 1
  float* lse = nullptr;  // [heads] or null: log Σ exp of the scaled scores, for the backward pass
};

// out = softmax(q · Kᵀ / sqrt(head_size)) · V; query head h reads key-value head h / (heads /
// kv_heads). Rows that stand next to each other and share `blocks` (the tokens of a prompt, a
// sequence in training), or whose sequences begin with the same blocks (the samples of a prompt),
// are worked on together, which is faster and changes no bit. Training
// forward is this kernel too: write the sequence's keys and values into blocks first.
inline constexpr int32_t kMostHeadSize = 512;
struct AttentionArguments {
  KvLayout layout;    // head_size at most kMostHeadSize
  int32_t heads = 0;  // a multiple of layout.kv_heads
  // Only these key-value heads and the queries that read them; end 0: all.
  int32_t first_kv_head = 0;
  int32_t end_kv_head = 0;
  const AttentionRow* rows = nullptr;
  int64_t num_rows = 0;
  int64_t block_offset =
      0;  // added to every block pointer, so that one table of blocks can serve all layers
  float* scratch = nullptr;  // AttentionScratchFloats(longest length of the rows)
};
int64_t AttentionScratchFloats(int64_t longest_length);

// Gradients of causal attention over one whole sequence (token t attends to 0..t). dq, dk and dv
// are written.
struct AttentionBackwardArguments {
  int32_t heads = 0;
  int32_t kv_heads = 0;
  int32_t head_size = 0;
  int64_t length = 0;        // T
  const float* q = nullptr;  // [T][heads][head_size], as every q-sized tensor here
  int64_t q_stride = 0;
  const float* k = nullptr;  // [T][kv_heads][head_size], as every k-sized tensor here
  int64_t k_stride = 0;
  const float* v = nullptr;
  int64_t v_stride = 0;
  const float* out = nullptr;  // of the forward pass
  int64_t out_stride = 0;
  const float* dout = nullptr;
  int64_t dout_stride = 0;
  const float* lse = nullptr;  // [T][heads], of the forward pass
  float* dq = nullptr;
  int64_t dq_stride = 0;
  float* dk = nullptr;
  int64_t dk_stride = 0;
  float* dv = nullptr;
  int64_t dv_stride = 0;
  float* scratch = nullptr;  // AttentionBackwardScratchFloats(length, head_size)
};
int64_t AttentionBackwardScratchFloats(int64_t length, int32_t head_size);

// Over l = logits · inverse_temperature: logsumexp, the log-probability l[target] - logsumexp, and
// the entropy of softmax(l) in nats. inverse_temperature is 1.0f / temperature, as in `sample`.
struct LogSoftmaxArguments {
  const float* logits = nullptr;  // [rows][vocabulary]
  int64_t logits_stride = 0;
  int64_t rows = 0;
  int64_t vocabulary = 0;
  float inverse_temperature = 1.0f;
  const int32_t* targets = nullptr;  // [rows]; null only when logprob is
  float* logsumexp = nullptr;        // [rows] or null; what the backward pass needs
  float* logprob = nullptr;          // [rows] or null
  float* entropy = nullptr;          // [rows] or null
};

// In place: logits become dlogits = dlogprob · inverse_temperature · (onehot(target) - softmax(l)),
// where dlogprob is the gradient of the loss by the target's log-probability (negative for a
// log-likelihood loss).
struct LogSoftmaxBackwardArguments {
  float* logits = nullptr;  // [rows][vocabulary]
  int64_t logits_stride = 0;
  int64_t rows = 0;
  int64_t vocabulary = 0;
  float inverse_temperature = 1.0f;
  const int32_t* targets = nullptr;  // [rows]
  const float* logsumexp = nullptr;  // [rows], from the forward pass
  const float* dlogprob = nullptr;   // [rows]
};

struct SampledToken {
  int32_t token = 0;
  float logprob =
      0;  // under the distribution drawn from: bits equal to log_softmax's at 1.0f / temperature
  float plain_logprob = 0;  // at temperature 1
};

// Decoupled weight decay (Loshchilov & Hutter 2019, Algorithm 2, with the decay scaled by the
// learning rate as in PyTorch):
//   g = gradient · gradient_scale;  m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g²;
//   p = p - learning_rate · weight_decay · p - learning_rate · (m / correction1) / (sqrt(v /
//   correction2) + epsilon).
struct AdamwArguments {
  float* parameter = nullptr;
  const float* gradient = nullptr;
  float* first_moment = nullptr;
  float* second_moment = nullptr;
  int64_t size = 0;
  float gradient_scale = 1.0f;  // of clipping, or 1 / token count
  float learning_rate = 0;
  float beta1 = 0.9f;
  float beta2 = 0.95f;
  float epsilon = 1e-8f;
  float weight_decay = 0;
  float correction1 = 1.0f;  // 1 - beta1^t, of update t = 1, 2, …
  float correction2 = 1.0f;  // 1 - beta2^t
};

struct KernelTable {
  InstructionSet instruction_set;

  void (*linear)(const LinearArguments&);
  void (*weight_gradient)(const WeightGradientArguments&);
  void (*rms_norm)(const RmsNormArguments&);
  void (*rms_norm_backward)(const RmsNormBackwardArguments&);
  void (*rope)(const RopeArguments&);
  void (*swiglu)(const SwigluArguments&);
  void (*swiglu_backward)(const SwigluBackwardArguments&);
  void (*attention)(const AttentionArguments&);
  void (*attention_backward)(const AttentionBackwardArguments&);
  void (*log_softmax)(const LogSoftmaxArguments&);
  void (*log_softmax_backward)(const LogSoftmaxBackwardArguments&);

  // Draws from softmax(logits / temperature) by the inverse of its cumulative distribution (tokens
  // in order of id) at `uniform` in [0, 1). A token of probability 0 is never drawn. Temperature 0:
  // the largest logit, the lowest id on ties; both log-probabilities are then those of
  // temperature 1. Vocabulary at least 1.
  SampledToken (*sample)(const float* logits, int64_t vocabulary, float temperature, float uniform);

  void (*adamw)(const AdamwArguments&);

  // Σ x², in double: 16 lanes by index mod 16 and a fixed tree.
  double (*sum_of_squares)(const float* x, int64_t size);

  // Elementwise, within 2 ulp; y may be x. exp flushes results below the smallest normal number to
  // 0 (the very last before it may come out a little below it; in all forms alike).
  void (*exp)(const float* x, float* y, int64_t size);
  void (*log)(const float* x, float* y, int64_t size);
};

// The form for an instruction set that SupportedInstructionSets() names; aborts for any other.
const KernelTable& Kernels(InstructionSet instruction_set);

}  // namespace gyre::kernels
