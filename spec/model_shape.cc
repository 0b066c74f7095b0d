#include "spec/model_shape.h"

#include "base/status_macros.h"
#include "spec/model_tokenizer.h"
#include "text/countdown_tokenizer.h"
#include "text/load_tokenizer.h"
#include "weights/expected_tensors.h"
#include "weights/stored_model.h"

namespace gyre::spec {

absl::StatusOr<std::unique_ptr<text::Tokenizer>> OpenTokenizer(const ModelSpec& model) {
  if (!model.has_new_()) return LoadModelTokenizer(model.path());
  if (model.new_().tokenizer() == "countdown") {
    return text::TokenizerFromFiles(text::CountdownTokenizerFiles());
  }
  return text::LoadTokenizer(model.new_().tokenizer());
}

absl::StatusOr<weights::ModelConfig> ModelShape(const ModelSpec& model) {
  if (!model.has_new_()) return weights::ReadModelConfig(model.path());
  GYRE_ASSIGN_OR_RETURN(const std::unique_ptr<text::Tokenizer> tokenizer, OpenTokenizer(model));
  const NewModel& made = model.new_();
  weights::ModelConfig config;
  config.vocab_size = tokenizer->vocabulary_size();
  config.hidden_size = made.hidden_size();
  config.num_layers = made.num_layers();
  config.num_heads = made.num_heads();
  config.num_kv_heads = made.has_num_kv_heads() ? made.num_kv_heads() : made.num_heads();
  if (made.has_head_size()) {
    config.head_size = made.head_size();
  } else if (made.num_heads() > 0) {
    config.head_size = made.hidden_size() / made.num_heads();
  }
  config.intermediate_size = made.intermediate_size();
  config.max_positions = made.max_positions();
  config.rms_norm_epsilon = made.rms_norm_epsilon();
  config.rope_theta = made.rope_theta();
  config.tie_head = made.tie_head();
  config.bos_token_id = tokenizer->bos_id();
  config.eos_token_ids = tokenizer->eos_ids();
  GYRE_RETURN_IF_ERROR(weights::CheckModelConfig(config));
  return config;
}

int64_t ParameterCount(const weights::ModelConfig& config) {
  int64_t count = 0;
  for (const weights::NamedShape& tensor : weights::ExpectedTensors(config)) {
    int64_t size = 1;
    for (const int64_t dimension : tensor.shape) size *= dimension;
    count += size;
  }
  return count;
}

}  // namespace gyre::spec
