#include "model/log_probs.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cstring>
#include <memory>
#include <utility>

#include "model/scratch_pieces.h"

namespace gyre::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

// What the functions of one ComputeLogProbs share.
struct Pass {
  TrainingNetwork& network;
  const SequenceBatch& batch;
  float inverse_temperature;
};
using SharedPass = std::shared_ptr<const Pass>;

at::Tensor TensorOf(std::shared_ptr<float> memory, at::IntArrayRef sizes) {
  float* data = memory.get();
  return at::from_blob(
      data, sizes, [memory = std::move(memory)](void*) {}, at::kFloat);
}

at::Tensor NewHidden(const Pass& pass) {
  const int64_t hidden = pass.network.forward().config().hidden_size;
  const int64_t rows = pass.batch.num_rows();
  return TensorOf(pass.network.pool().Take(rows * hidden), {rows, hidden});
}

// What a function keeps for its backward pass.
struct Tape : torch::CustomClassHolder {
  explicit Tape(SharedPass shared) : pass(std::move(shared)) {}
  SharedPass pass;
  std::shared_ptr<float> memory;
  bool used = false;
  int64_t layer = 0;
  LayerActivations activations;   // of LayerFunction
  const float* hidden = nullptr;  // of LogProbsFunction
  float* logsumexp = nullptr;
};

void Keep(AutogradContext* context, c10::intrusive_ptr<Tape> tape) {
  context->saved_data["tape"] = c10::IValue::make_capsule(std::move(tape));
}

// What was kept. A backward pass uses it up.
Tape& Kept(AutogradContext* context) {
  Tape& tape = static_cast<Tape&>(*context->saved_data["tape"].toCapsule());
  TORCH_CHECK(!tape.used, "a second backward pass through the same log-probs");
  tape.used = true;
  return tape;
}

// The anchor is a tensor that wants a gradient, so that autograd records the chain; the weights'
// gradients go past it into TrainingNetwork::gradient().
class EmbedFunction : public Function<EmbedFunction> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& /*anchor*/,
                            const SharedPass& pass) {
    Keep(context, c10::make_intrusive<Tape>(pass));
    at::Tensor x = NewHidden(*pass);
    pass->network.forward().Embed(pass->batch.rows(), x.mutable_data_ptr<float>());
    pass->network.forward().PrepareRows(pass->batch.rows(), pass->network.forward_scratch());
    return x;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const Pass& pass = *Kept(context).pass;
    pass.network.backward().BackwardEmbed(
        pass.batch, gradients[0].contiguous().const_data_ptr<float>(), pass.network.gradient());
    return {at::Tensor(), at::Tensor()};
  }
};

class LayerFunction : public Function<LayerFunction> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x_in,
                            const SharedPass& pass, int64_t layer) {
    auto tape = c10::make_intrusive<Tape>(pass);
    tape->layer = layer;
    TakeMemory(*tape);
    at::Tensor x_out = NewHidden(*pass);
    context->save_for_backward({x_in});
    LayerActivations& a = tape->activations;
    a.x_in = x_in.const_data_ptr<float>();
    a.x_out = x_out.mutable_data_ptr<float>();
    // The batch has its sequences whole: one layer's blocks serve all in turn.
    pass->network.forward().ForwardLayer(layer, /*layer_stride=*/0, pass->network.forward_scratch(),
                                         a);
    a.x_out = nullptr;
    Keep(context, std::move(tape));
    return x_out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const Tape& tape = Kept(context);
    const Pass& pass = *tape.pass;
    const variable_list x_in = context->get_saved_variables();  // its memory must stand
    at::Tensor dx = NewHidden(pass);
    // Not copy_, which wakes ATen's threads for it.
    std::memcpy(dx.mutable_data_ptr<float>(), gradients[0].contiguous().const_data_ptr<float>(),
                dx.nbytes());
    pass.network.backward().BackwardLayer(tape.layer, pass.batch, tape.activations,
                                          pass.network.backward_scratch(),
                                          dx.mutable_data_ptr<float>(), pass.network.gradient());
    return {dx, at::Tensor(), at::Tensor()};
  }

 private:
  static void TakeMemory(Tape& tape) {
    const PackedNetwork& network = tape.pass->network.forward();
    const weights::ModelConfig& c = network.config();
    const int64_t rows = tape.pass->batch.num_rows();
    const int64_t norms = c.has_qk_norm() ? c.num_heads + c.num_kv_heads : 0;
    const auto padded = ScratchPieces::Padded;
    tape.memory = tape.pass->network.pool().Take(
        2 * padded(rows) + padded(rows * norms * c.head_size) + padded(rows * norms) +
        padded(rows * network.qkv_size()) + padded(rows * network.q_size()) +
        padded(rows * c.num_heads) + padded(rows * c.hidden_size) +
        padded(rows * 2 * c.intermediate_size));
    ScratchPieces pieces(tape.memory.get());
    tape.activations = {.inv_rms_in = pieces.Take(rows),
                        .qk = pieces.Take(rows * norms * c.head_size),
                        .inv_rms_qk = pieces.Take(rows * norms),
                        .qkv = pieces.Take(rows * network.qkv_size()),
                        .attention = pieces.Take(rows * network.q_size()),
                        .lse = pieces.Take(rows * c.num_heads),
                        .x_mid = pieces.Take(rows * c.hidden_size),
                        .inv_rms_mid = pieces.Take(rows),
                        .gate_up = pieces.Take(rows * 2 * c.intermediate_size)};
  }
};

class LogProbsFunction : public Function<LogProbsFunction> {
 public:
  static variable_list forward(AutogradContext* context, const at::Tensor& hidden,
                               const SharedPass& pass) {
    auto tape = c10::make_intrusive<Tape>(pass);
    const int64_t targets = pass->batch.num_targets();
    tape->memory = pass->network.pool().Take(targets);
    tape->logsumexp = tape->memory.get();
    tape->hidden = hidden.const_data_ptr<float>();
    context->save_for_backward({hidden});
    at::Tensor log_probs = at::empty({targets}, at::kFloat);
    at::Tensor entropies = at::empty({targets}, at::kFloat);
    pass->network.forward().LogProbs(tape->hidden, pass->batch.target_rows(), pass->batch.targets(),
                                     pass->inverse_temperature, pass->network.forward_scratch(),
                                     {.log_probs = log_probs.mutable_data_ptr<float>(),
                                      .entropies = entropies.mutable_data_ptr<float>(),
                                      .logsumexp = tape->logsumexp});
    Keep(context, std::move(tape));
    context->mark_non_differentiable({entropies});
    return {log_probs, entropies};
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const Tape& tape = Kept(context);
    const Pass& pass = *tape.pass;
    const variable_list hidden = context->get_saved_variables();  // its memory must stand
    const at::Tensor dlog_probs = gradients[0].contiguous();
    at::Tensor dx = NewHidden(pass);
    pass.network.backward().BackwardLogProbs(pass.batch, tape.hidden, pass.inverse_temperature,
                                             tape.logsumexp, dlog_probs.const_data_ptr<float>(),
                                             pass.network.backward_scratch(),
                                             dx.mutable_data_ptr<float>(), pass.network.gradient());
    return {dx, at::Tensor()};
  }
};

}  // namespace

DifferentiableLogProbs ComputeLogProbs(TrainingNetwork& network, const SequenceBatch& batch,
                                       float inverse_temperature) {
  const SharedPass pass = std::make_shared<const Pass>(Pass{network, batch, inverse_temperature});
  const at::Tensor anchor = at::empty({0}, at::kFloat).requires_grad_(true);
  at::Tensor x = EmbedFunction::apply(anchor, pass);
  const int64_t num_layers = network.forward().config().num_layers;
  for (int64_t layer = 0; layer < num_layers; ++layer) x = LayerFunction::apply(x, pass, layer);
  const variable_list outputs = LogProbsFunction::apply(x, pass);
  return {outputs[0], outputs[1]};
}

}  // namespace gyre::model
