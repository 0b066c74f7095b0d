#include "weights/hf_folder.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "weights/config_json.h"
#include "weights/expected_tensors.h"

namespace gyre::weights {
namespace {

constexpr char kConfig[] = "config.json";
constexpr char kGenerationConfig[] = "generation_config.json";
constexpr char kWeights[] = "model.safetensors";

std::string In(const std::string& folder, std::string_view name) {
  return absl::StrCat(folder, "/", std::string(name));
}

absl::Status InFile(const std::string& path, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
}

template <typename Tensor>
absl::Status Check(const ModelConfig& config, const std::vector<Tensor>& tensors) {
  std::vector<NamedShape> shapes;
  for (const Tensor& tensor : tensors) shapes.push_back({tensor.name, tensor.shape});
  return CheckTensors(config, shapes);
}

}  // namespace

const TensorView& HfFolder::tensor(std::string_view name) const {
  const TensorView* found = weights.Find(name);
  GYRE_CHECK(found != nullptr, "an HF folder is asked only for tensors that its config expects");
  return *found;
}

absl::StatusOr<ModelConfig> ReadModelConfig(const std::string& folder) {
  const std::string path = In(folder, kConfig);
  GYRE_ASSIGN_OR_RETURN(const std::string json, base::ReadFile(path));
  absl::StatusOr<ModelConfig> config = ParseConfigJson(json);
  if (!config.ok()) return InFile(path, config.status());
  return config;
}

absl::StatusOr<HfFolder> ReadHfFolder(const std::string& folder) {
  GYRE_ASSIGN_OR_RETURN(ModelConfig config, ReadModelConfig(folder));
  const std::string path = In(folder, kWeights);
  const std::string index = In(folder, "model.safetensors.index.json");
  if (!base::Exists(path) && base::Exists(index)) {
    return absl::UnimplementedError(
        absl::StrCat(index, ": weights in several files are not supported yet"));
  }
  GYRE_ASSIGN_OR_RETURN(SafetensorsFile weights, SafetensorsFile::Open(path));
  GYRE_RETURN_IF_ERROR(InFile(path, Check(config, weights.tensors())));
  return HfFolder{std::move(config), std::move(weights)};
}

absl::Status WriteHfFolder(const std::string& folder, const ModelConfig& config,
                           const std::vector<F32Tensor>& tensors,
                           const std::map<std::string, std::string>& tokenizer_files) {
  GYRE_RETURN_IF_ERROR(CheckModelConfig(config));
  GYRE_RETURN_IF_ERROR(Check(config, tensors));
  for (const auto& [name, contents] : tokenizer_files) {
    if (name.empty() || name.find('/') != std::string::npos || name == kConfig ||
        name == kWeights) {
      return absl::InvalidArgumentError(absl::StrCat("\"", name, "\" is no tokenizer file"));
    }
  }
  GYRE_RETURN_IF_ERROR(base::CreateFolders(folder));
  GYRE_RETURN_IF_ERROR(WriteSafetensors(In(folder, kWeights), tensors));
  for (const auto& [name, contents] : tokenizer_files) {
    GYRE_RETURN_IF_ERROR(base::WriteFileAtomically(In(folder, name), contents));
  }
  if (!tokenizer_files.contains(kGenerationConfig)) {
    GYRE_RETURN_IF_ERROR(
        base::WriteFileAtomically(In(folder, kGenerationConfig), GenerationConfigJson(config)));
  }
  return base::WriteFileAtomically(In(folder, kConfig), ConfigJson(config));
}

}  // namespace gyre::weights
