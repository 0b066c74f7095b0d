#include "model/training_network.h"

#include <algorithm>

namespace gyre::model {

TrainingNetwork::TrainingNetwork(const Parameters& parameters, const kernels::KernelTable& kernels)
    : forward_(parameters, kernels),
      backward_(parameters, forward_),
      gradient_size_(parameters.layout().size()),
      gradient_(gradient_size_) {
  ZeroGradient();
}

void TrainingNetwork::Repack(const Parameters& parameters) {
  forward_.Repack(parameters);
  backward_.Repack(parameters);
}

void TrainingNetwork::ZeroGradient() { std::fill(gradient().begin(), gradient().end(), 0.0f); }

}  // namespace gyre::model
