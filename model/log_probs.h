// Log-probabilities of a batch's targets as tensors of autograd: a chain of functions (embedding,
// each layer, final norm with head) whose forward and backward passes are kernels/, so that losses
// can be written in ATen or by hand and still train through the engine's own forward pass.
#pragma once

#include <ATen/core/Tensor.h>

#include "model/sequence_batch.h"
#include "model/training_network.h"

namespace gyre::model {

struct DifferentiableLogProbs {
  at::Tensor
      log_probs;  // [targets], f32; of targets()[i] under softmax(logits · inverse_temperature)
  at::Tensor entropies;  // [targets], f32, nats; not differentiable
};

// log_probs.backward(gradient) adds the gradients of all weights to network.gradient(); it may be
// called once. The network may not be packed again, and batch and network may not go, before that
// or before the tensors are gone. Logits are held chunk by chunk only, and computed again in the
// backward pass. Throws c10::Error.
DifferentiableLogProbs ComputeLogProbs(TrainingNetwork& network, const SequenceBatch& batch,
                                       float inverse_temperature);

}  // namespace gyre::model
