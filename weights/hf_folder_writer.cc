#include "weights/hf_folder_writer.h"

#include <string_view>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "weights/config_json.h"
#include "weights/expected_tensors.h"
#include "weights/hf_names.h"
#include "weights/safetensors_index.h"

namespace gyre::weights {
namespace {

std::string InFolder(const std::string& folder, std::string_view name) {
  return absl::StrCat(folder, "/", std::string(name));
}

int64_t FloatBytesOf(const NamedShape& tensor) {
  int64_t bytes = sizeof(float);
  for (const int64_t dimension : tensor.shape) bytes *= dimension;
  return bytes;
}

// Cuts the list into runs that fit into a file.
std::vector<std::vector<size_t>> CutIntoFiles(const std::vector<NamedShape>& tensors,
                                              int64_t most_file_bytes) {
  std::vector<std::vector<size_t>> files(1);
  int64_t room = most_file_bytes;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const int64_t bytes = FloatBytesOf(tensors[i]);
    if (bytes > room && !files.back().empty()) {
      files.emplace_back();
      room = most_file_bytes;
    }
    files.back().push_back(i);
    room -= bytes;
  }
  return files;
}

absl::Status WriteFile(const std::string& path, const std::vector<NamedShape>& tensors,
                       const std::vector<size_t>& chosen, TensorValues values) {
  std::vector<NamedShape> shapes;
  for (const size_t index : chosen) shapes.push_back(tensors[index]);
  return WriteSafetensors(path, shapes, [&](size_t i) { return values(chosen[i]); });
}

absl::Status WriteWeights(const std::string& folder, const std::vector<NamedShape>& tensors,
                          TensorValues values, int64_t most_file_bytes) {
  const std::vector<std::vector<size_t>> files = CutIntoFiles(tensors, most_file_bytes);
  if (files.size() == 1)
    return WriteFile(InFolder(folder, kWeightsName), tensors, files[0], values);
  SafetensorsIndex index;
  for (size_t file = 0; file < files.size(); ++file) {
    const std::string name =
        absl::StrFormat("model-%05d-of-%05d.safetensors", file + 1, files.size());
    for (const size_t i : files[file]) {
      index.file_of_tensor[tensors[i].name] = name;
      index.total_size += FloatBytesOf(tensors[i]);
    }
    GYRE_RETURN_IF_ERROR(WriteFile(InFolder(folder, name), tensors, files[file], values));
  }
  return base::WriteFileAtomically(InFolder(folder, kIndexName), SafetensorsIndexJson(index));
}

}  // namespace

absl::Status WriteHfFolder(const std::string& folder, const ModelConfig& config,
                           TensorValues values,
                           const std::map<std::string, std::string>& tokenizer_files,
                           int64_t most_file_bytes) {
  GYRE_RETURN_IF_ERROR(CheckModelConfig(config));
  for (const auto& [name, contents] : tokenizer_files) {
    if (name.empty() || name.find('/') != std::string::npos || name == kConfigName ||
        name == kWeightsName || name == kIndexName) {
      return absl::InvalidArgumentError(absl::StrCat("\"", name, "\" is no tokenizer file"));
    }
  }
  GYRE_RETURN_IF_ERROR(base::CreateFolders(folder));
  GYRE_RETURN_IF_ERROR(WriteWeights(folder, ExpectedTensors(config), values, most_file_bytes));
  for (const auto& [name, contents] : tokenizer_files) {
    GYRE_RETURN_IF_ERROR(base::WriteFileAtomically(InFolder(folder, name), contents));
  }
  if (!tokenizer_files.contains(kGenerationConfigName)) {
    GYRE_RETURN_IF_ERROR(base::WriteFileAtomically(InFolder(folder, kGenerationConfigName),
                                                   GenerationConfigJson(config)));
  }
  return base::WriteFileAtomically(InFolder(folder, kConfigName), ConfigJson(config));
}

absl::Status WriteHfFolder(const std::string& folder, const ModelConfig& config,
                           const std::vector<F32Tensor>& tensors,
                           const std::map<std::string, std::string>& tokenizer_files) {
  GYRE_RETURN_IF_ERROR(CheckModelConfig(config));
  std::vector<NamedShape> shapes;
  std::unordered_map<std::string, const F32Tensor*> by_name;
  for (const F32Tensor& tensor : tensors) {
    shapes.push_back({tensor.name, tensor.shape});
    by_name[tensor.name] = &tensor;
  }
  GYRE_RETURN_IF_ERROR(CheckTensors(config, shapes));
  const std::vector<NamedShape> expected = ExpectedTensors(config);
  return WriteHfFolder(
      folder, config,
      [&](size_t i) -> absl::StatusOr<std::span<const float>> {
        const size_t size = static_cast<size_t>(FloatBytesOf(expected[i])) / sizeof(float);
        return std::span<const float>(by_name.at(expected[i].name)->data, size);
      },
      tokenizer_files, kOneFile);
}

}  // namespace gyre::weights
