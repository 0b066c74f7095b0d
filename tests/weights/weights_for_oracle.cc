// For the oracle tests in Python:
//   weights_for_oracle list FILE         a JSON line for each tensor: name, dtype, shape, SHA-256
//   weights_for_oracle copy FILE OUT     all tensors as f32 in a new safetensors file
//   weights_for_oracle folder OUT [tied] an HF folder of a small model
//   weights_for_oracle config FILE       config.json, read and written again
//   weights_for_oracle gguf FILE         a JSON line for each tensor: name, shape, SHA-256 of its
//                                        values as f32
//   weights_for_oracle gguf-config FILE  the config of a GGUF file as config.json
//   weights_for_oracle gguf-tokenizer FILE   its tokenizer's values as one JSON line
#include <deque>
#include <iostream>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "tests/weights/tiny_model.h"
#include "weights/config_json.h"
#include "weights/float_values.h"
#include "weights/gguf_model.h"
#include "weights/gguf_tokenizer.h"
#include "weights/hf_folder_writer.h"
#include "weights/safetensors_file.h"

namespace gyre::weights {
namespace {

absl::Status List(const std::string& path) {
  GYRE_ASSIGN_OR_RETURN(const SafetensorsFile file, SafetensorsFile::Open(path));
  for (const TensorView& tensor : file.tensors()) {
    const nlohmann::json line = {{"name", tensor.name},
                                 {"dtype", DTypeName(tensor.dtype)},
                                 {"shape", tensor.shape},
                                 {"sha256", base::Sha256::Of(tensor.bytes).ToHex()}};
    std::cout << line.dump() << "\n";
  }
  return absl::OkStatus();
}

absl::Status Copy(const std::string& from, const std::string& to) {
  GYRE_ASSIGN_OR_RETURN(const SafetensorsFile file, SafetensorsFile::Open(from));
  std::deque<std::vector<float>> values;
  std::vector<F32Tensor> tensors;
  for (const TensorView& tensor : file.tensors()) {
    std::vector<float>& floats = values.emplace_back(NumElements(tensor));
    GYRE_RETURN_IF_ERROR(CopyAsFloat(tensor, floats));
    tensors.push_back({tensor.name, tensor.shape, floats.data()});
  }
  return WriteSafetensors(to, tensors);
}

absl::Status Folder(const std::string& folder, bool tie_head) {
  ModelConfig config = TinyModelConfig();
  config.tie_head = tie_head;
  const TinyWeights weights(config);
  return WriteHfFolder(folder, config, weights.tensors(), {});
}

absl::Status Config(const std::string& path) {
  GYRE_ASSIGN_OR_RETURN(const std::string json, base::ReadFile(path));
  GYRE_ASSIGN_OR_RETURN(const ModelConfig config, ParseConfigJson(json));
  std::cout << ConfigJson(config);
  return absl::OkStatus();
}

absl::Status ListGguf(const std::string& path) {
  GYRE_ASSIGN_OR_RETURN(const GgufFile file, GgufFile::Open(path));
  for (const GgufTensor& tensor : file.tensors()) {
    std::vector<float> values(static_cast<size_t>(tensor.num_elements()));
    Dequantize(tensor.type, tensor.bytes, values);
    const std::string_view bytes(reinterpret_cast<const char*>(values.data()), 4 * values.size());
    const nlohmann::json line = {{"name", tensor.name},
                                 {"shape", tensor.shape},
                                 {"sha256", base::Sha256::Of(bytes).ToHex()}};
    std::cout << line.dump() << "\n";
  }
  return absl::OkStatus();
}

absl::Status ConfigOfGguf(const std::string& path) {
  GYRE_ASSIGN_OR_RETURN(const GgufModel model, GgufModel::Open(path));
  std::cout << ConfigJson(model.config());
  return absl::OkStatus();
}

absl::Status TokenizerOfGguf(const std::string& path) {
  GYRE_ASSIGN_OR_RETURN(const GgufFile file, GgufFile::Open(path));
  GYRE_ASSIGN_OR_RETURN(const GgufTokenizer tokenizer, ReadGgufTokenizer(file.metadata()));
  const nlohmann::json line = {{"model", tokenizer.model},
                               {"pre", tokenizer.pre},
                               {"tokens", tokenizer.tokens},
                               {"token_types", tokenizer.token_types},
                               {"merges", tokenizer.merges},
                               {"bos_token_id", tokenizer.bos_token_id.value_or(0)},
                               {"eos_token_id", tokenizer.eos_token_id.value_or(0)},
                               {"padding_token_id", tokenizer.padding_token_id.value_or(0)},
                               {"add_bos_token", tokenizer.add_bos_token.value_or(true)},
                               {"chat_template", tokenizer.chat_template}};
  std::cout << line.dump() << "\n";
  return absl::OkStatus();
}

absl::Status Run(const std::vector<std::string>& arguments) {
  const std::string command = arguments.empty() ? "" : arguments[0];
  if (command == "list" && arguments.size() == 2) return List(arguments[1]);
  if (command == "copy" && arguments.size() == 3) return Copy(arguments[1], arguments[2]);
  if (command == "folder" && arguments.size() >= 2) {
    return Folder(arguments[1], arguments.size() == 3 && arguments[2] == "tied");
  }
  if (command == "config" && arguments.size() == 2) return Config(arguments[1]);
  if (command == "gguf" && arguments.size() == 2) return ListGguf(arguments[1]);
  if (command == "gguf-config" && arguments.size() == 2) return ConfigOfGguf(arguments[1]);
  if (command == "gguf-tokenizer" && arguments.size() == 2) return TokenizerOfGguf(arguments[1]);
  return absl::InvalidArgumentError("see the comment at the top of weights_for_oracle.cc");
}

}  // namespace
}  // namespace gyre::weights

int main(int argc, char** argv) {
  const absl::Status status = gyre::weights::Run(std::vector<std::string>(argv + 1, argv + argc));
  if (status.ok()) return 0;
  std::cerr << status << "\n";
  return 1;
}
