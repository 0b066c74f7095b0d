#include "weights/hf_folder.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "weights/config_json.h"
#include "weights/expected_tensors.h"
#include "weights/float_values.h"
#include "weights/hf_names.h"
#include "weights/quoted.h"
#include "weights/safetensors_index.h"

namespace gyre::weights {
namespace {

std::string In(const std::string& folder, std::string_view name) {
  return absl::StrCat(folder, "/", std::string(name));
}

absl::Status InFile(const std::string& path, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
}

// Each file has the tensors that the index says, and no others.
absl::Status CheckFile(const SafetensorsIndex& index, const std::string& name,
                       const SafetensorsFile& file) {
  size_t expected = 0;
  for (const auto& [tensor, its_file] : index.file_of_tensor) {
    if (its_file != name) continue;
    ++expected;
    if (file.Find(tensor) == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat(
          "tensor ", Quoted(tensor), " is missing, though ", kIndexName, " says that it is here"));
    }
  }
  if (file.tensors().size() == expected) return absl::OkStatus();
  for (const TensorView& tensor : file.tensors()) {
    auto entry = index.file_of_tensor.find(tensor.name);
    if (entry != index.file_of_tensor.end() && entry->second == name) continue;
    return absl::InvalidArgumentError(absl::StrCat("tensor ", Quoted(tensor.name), " is here, but ",
                                                   kIndexName, " does not say so"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<SafetensorsFile>> OpenShards(const std::string& folder) {
  const std::string index_path = In(folder, kIndexName);
  GYRE_ASSIGN_OR_RETURN(const std::string json, base::ReadFile(index_path));
  const absl::StatusOr<SafetensorsIndex> index = ParseSafetensorsIndex(json);
  if (!index.ok()) return InFile(index_path, index.status());
  std::vector<SafetensorsFile> files;
  for (const std::string& name : index->Files()) {
    GYRE_ASSIGN_OR_RETURN(SafetensorsFile file, SafetensorsFile::Open(In(folder, name)));
    GYRE_RETURN_IF_ERROR(InFile(In(folder, name), CheckFile(*index, name, file)));
    files.push_back(std::move(file));
  }
  return files;
}

}  // namespace

const SafetensorsFile& HfFolder::HolderOf(std::string_view name) const {
  const auto holder =
      std::find_if(files_.begin(), files_.end(),
                   [name](const SafetensorsFile& file) { return file.Find(name) != nullptr; });
  GYRE_CHECK(holder != files_.end(),
             "an HF folder is asked only for tensors that its config expects");
  return *holder;
}

const std::string& HfFolder::FileOf(std::string_view name) const { return HolderOf(name).path(); }

absl::Status HfFolder::CopyTensor(std::string_view name, std::span<float> values) const {
  return CopyAsFloat(tensor(name), values);
}

absl::StatusOr<ModelConfig> ReadHfConfig(const std::string& folder) {
  const std::string path = In(folder, kConfigName);
  GYRE_ASSIGN_OR_RETURN(const std::string json, base::ReadFile(path));
  absl::StatusOr<ModelConfig> config = ParseConfigJson(json);
  if (!config.ok()) return InFile(path, config.status());
  return config;
}

absl::StatusOr<HfFolder> ReadHfFolder(const std::string& folder) {
  GYRE_ASSIGN_OR_RETURN(ModelConfig config, ReadHfConfig(folder));
  const std::string path = In(folder, kWeightsName);
  const std::string index_path = In(folder, kIndexName);
  const bool sharded = !base::Exists(path) && base::Exists(index_path);
  std::vector<SafetensorsFile> files;
  if (sharded) {
    GYRE_ASSIGN_OR_RETURN(files, OpenShards(folder));
  } else {
    GYRE_ASSIGN_OR_RETURN(SafetensorsFile weights, SafetensorsFile::Open(path));
    files.push_back(std::move(weights));
  }
  std::vector<NamedShape> shapes;
  for (const SafetensorsFile& file : files) {
    for (const TensorView& tensor : file.tensors()) shapes.push_back({tensor.name, tensor.shape});
  }
  GYRE_RETURN_IF_ERROR(InFile(sharded ? index_path : path, CheckTensors(config, shapes)));
  return HfFolder(std::move(config), std::move(files));
}

}  // namespace gyre::weights
