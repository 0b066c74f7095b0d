#include "learner/checkpoint_writer.h"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "learner/checkpoint_manifest.h"
#include "model/load_parameters.h"
#include "weights/hf_folder_writer.h"
#include "weights/safetensors_writer.h"

namespace gyre::learner {
namespace {

constexpr char kOptimizerFile[] = "optimizer-00000.safetensors";
constexpr char kUnfinished[] = ".tmp";

// Adds the digests of a file's tensors.
void AddDigests(const std::string& file, const std::vector<weights::F32Tensor>& tensors,
                CheckpointManifest& manifest) {
  auto& digests = manifest.digests[file];
  for (const weights::F32Tensor& tensor : tensors) {
    size_t floats = 1;
    for (const int64_t dimension : tensor.shape) floats *= static_cast<size_t>(dimension);
    base::Sha256 digest;
    digest.Update(tensor.data, floats * sizeof(float));
    digests[tensor.name] = digest.Finish();
  }
}

// Adds the digests of those files that are in the folder and hold no tensors.
absl::Status AddFileDigests(const std::string& folder, CheckpointManifest& manifest) {
  GYRE_ASSIGN_OR_RETURN(const std::vector<std::string> names, base::ListFolder(folder));
  for (const std::string& name : names) {
    if (manifest.digests.contains(name)) continue;
    GYRE_ASSIGN_OR_RETURN(const std::string bytes, base::ReadFile(absl::StrCat(folder, "/", name)));
    manifest.files[name] = base::Sha256::Of(bytes);
  }
  return absl::OkStatus();
}

std::vector<weights::F32Tensor> MomentTensors(const OptimizerState& optimizer,
                                              CheckpointManifest& manifest) {
  std::vector<weights::F32Tensor> tensors;
  for (const OptimizerShard& shard : optimizer.Export()) {
    const std::string rows = absl::StrCat(shard.tensor, "[", shard.first_row, ":",
                                          shard.first_row + shard.num_rows, "]");
    CheckpointManifest::Shard entry = {.tensor = shard.tensor,
                                       .first_row = shard.first_row,
                                       .num_rows = shard.num_rows,
                                       .file = kOptimizerFile,
                                       .first_moment = absl::StrCat(rows, ".first_moment"),
                                       .second_moment = absl::StrCat(rows, ".second_moment")};
    const std::vector<int64_t> shape = {
        shard.num_rows, static_cast<int64_t>(shard.first_moment.size()) / shard.num_rows};
    tensors.push_back({entry.first_moment, shape, shard.first_moment.data()});
    tensors.push_back({entry.second_moment, shape, shard.second_moment.data()});
    manifest.shards.push_back(std::move(entry));
  }
  return tensors;
}

absl::Status WriteFiles(const std::string& folder, const CheckpointParts& parts) {
  CheckpointManifest manifest = {.position = parts.position,
                                 .policy_digest = parts.policy_digest,
                                 .counts = parts.optimizer.counts(),
                                 .has_reference = parts.reference != nullptr};
  const std::vector<weights::F32Tensor> weights = model::TensorsOf(parts.parameters);
  GYRE_RETURN_IF_ERROR(
      weights::WriteHfFolder(folder, parts.parameters.config(), weights, parts.tokenizer_files));
  AddDigests("model.safetensors", weights, manifest);
  const std::vector<weights::F32Tensor> moments = MomentTensors(parts.optimizer, manifest);
  GYRE_RETURN_IF_ERROR(
      weights::WriteSafetensors(absl::StrCat(folder, "/", kOptimizerFile), moments));
  AddDigests(kOptimizerFile, moments, manifest);
  if (parts.reference != nullptr) {
    const std::vector<weights::F32Tensor> reference = model::TensorsOf(*parts.reference);
    GYRE_RETURN_IF_ERROR(
        weights::WriteSafetensors(absl::StrCat(folder, "/reference.safetensors"), reference));
    AddDigests("reference.safetensors", reference, manifest);
  }
  GYRE_RETURN_IF_ERROR(AddFileDigests(folder, manifest));
  return base::WriteFileAtomically(absl::StrCat(folder, "/", kCheckpointManifestFile),
                                   ToJson(manifest));
}

// One that stands in the place is of steps that the ledger never heard of or that are being
// replayed; or it is the ledger's own, and this process a rank of a former attempt that does not
// know it yet. So the place is never empty.
absl::Status Publish(const std::string& unfinished, const std::string& folder) {
  if (!base::Exists(folder)) return base::Rename(unfinished, folder);
  GYRE_RETURN_IF_ERROR(base::Exchange(unfinished, folder));
  return base::RemoveAll(unfinished);
}

// The version in "step-12"; nothing for other names.
std::optional<int64_t> VersionOf(const std::string& name) {
  constexpr std::string_view kPrefix = "step-";
  int64_t version = 0;
  if (!name.starts_with(kPrefix)) return std::nullopt;
  if (!absl::SimpleAtoi(name.substr(kPrefix.size()), &version)) return std::nullopt;
  return version;
}

}  // namespace

absl::Status WriteCheckpoint(const std::string& run_dir, const CheckpointParts& parts) {
  if (const model::TensorPlace* place = parts.parameters.FindNonfinite(); place != nullptr) {
    return absl::FailedPreconditionError(absl::StrCat(
        "non-finite weights (", place->name, ") in version ", parts.position.version,
        ": training has diverged, so no checkpoint of it is written; begin again with a lower "
        "learning rate or from an older checkpoint"));
  }
  const std::string folder = absl::StrCat(run_dir, "/", CheckpointFolder(parts.position.version));
  const std::string unfinished = absl::StrCat(folder, ".attempt-", parts.attempt, kUnfinished);
  GYRE_RETURN_IF_ERROR(base::RemoveAll(unfinished));
  GYRE_RETURN_IF_ERROR(base::CreateFolders(unfinished));
  absl::Status status = base::SyncFolder(run_dir);  // the first one makes checkpoints/
  if (status.ok()) status = WriteFiles(unfinished, parts);
  if (status.ok()) status = base::SyncFolder(unfinished);
  if (status.ok()) status = Publish(unfinished, folder);
  if (status.ok()) return status;
  base::RemoveAll(unfinished).IgnoreError();  // the first error says more
  return absl::Status(
      status.code(),
      absl::StrCat("no checkpoint of version ", parts.position.version,
                   " was written: ", status.message(),
                   absl::IsResourceExhausted(status) ? "; make room there, then resume" : ""));
}

absl::Status RemoveStrayCheckpoints(const std::string& run_dir, int64_t newest) {
  const std::string folder = absl::StrCat(run_dir, "/checkpoints");
  if (!base::Exists(folder)) return absl::OkStatus();
  GYRE_ASSIGN_OR_RETURN(const std::vector<std::string> names, base::ListFolder(folder));
  for (const std::string& name : names) {
    const bool unnamed = VersionOf(name).value_or(newest) > newest;
    const bool leftover =
        absl::EndsWith(name, kUnfinished) || absl::EndsWith(name, base::kSetAside);
    if (!unnamed && !leftover) continue;
    GYRE_RETURN_IF_ERROR(base::RemoveAll(absl::StrCat(folder, "/", name)));
  }
  return absl::OkStatus();
}

}  // namespace gyre::learner
