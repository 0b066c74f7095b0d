#include "learner/checkpoint_reader.h"

#include <memory>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "learner/checkpoint_manifest.h"
#include "model/load_parameters.h"
#include "proto/policy.pb.h"
#include "weights/float_values.h"
#include "weights/hf_folder.h"
#include "weights/policy_digest.h"
#include "weights/safetensors_file.h"
#include "weights/stored_model.h"

namespace gyre::learner {
namespace {

constexpr char kModelFile[] = "model.safetensors";
constexpr char kReferenceFile[] = "reference.safetensors";
constexpr char kWhatToDo[] =
    "; put the folder back from a copy, or begin a new run with start_from an older checkpoint";
constexpr char kDiverged[] =
    "; training had diverged: begin a new run with a lower learning rate or with start_from an "
    "older checkpoint";

absl::Status Damaged(const std::string& file, const std::string& what) {
  return absl::DataLossError(absl::StrCat(file, ": ", what, kWhatToDo));
}

// Says of any error of a reader that the checkpoint is damaged; the message has the file already.
absl::Status AsDamage(const absl::Status& status) {
  if (status.ok()) return status;
  return absl::DataLossError(absl::StrCat(status.message(), kWhatToDo));
}

// With the files checked that hold no tensors.
absl::StatusOr<CheckpointManifest> ReadManifest(const std::string& folder) {
  const std::string path = absl::StrCat(folder, "/", kCheckpointManifestFile);
  const absl::StatusOr<std::string> json = base::ReadFile(path);
  if (!json.ok()) return AsDamage(json.status());
  absl::StatusOr<CheckpointManifest> manifest = ParseCheckpointManifest(*json);
  if (!manifest.ok()) return Damaged(path, std::string(manifest.status().message()));
  for (const auto& [name, digest] : manifest->files) {
    const std::string file = absl::StrCat(folder, "/", name);
    const absl::StatusOr<std::string> bytes = base::ReadFile(file);
    if (!bytes.ok()) return AsDamage(bytes.status());
    if (base::Sha256::Of(*bytes) != digest) {
      return Damaged(file, "it has another SHA-256 than when it was written");
    }
  }
  return manifest;
}

// The file has exactly the manifest's tensors, with their digests.
absl::Status CheckFile(const std::string& folder, const std::string& name,
                       const weights::SafetensorsFile& file, const CheckpointManifest& manifest) {
  const std::string path = absl::StrCat(folder, "/", name);
  const auto digests = manifest.digests.find(name);
  if (digests == manifest.digests.end()) return Damaged(path, "manifest.json has no digests of it");
  for (const auto& [tensor, digest] : digests->second) {
    const weights::TensorView* view = file.Find(tensor);
    if (view == nullptr) return Damaged(path, absl::StrCat("tensor ", tensor, " is missing"));
    if (base::Sha256::Of(view->bytes) != digest) {
      return Damaged(
          path, absl::StrCat("tensor ", tensor, " has another SHA-256 than when it was written"));
    }
  }
  if (file.tensors().size() != digests->second.size()) {
    return Damaged(path, "it has tensors that manifest.json does not name");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<float>> Floats(const std::string& path,
                                          const weights::SafetensorsFile& file,
                                          const std::string& name) {
  const weights::TensorView* view = file.Find(name);
  if (view == nullptr) return Damaged(path, absl::StrCat("tensor ", name, " is missing"));
  std::vector<float> floats(static_cast<size_t>(weights::NumElements(*view)));
  GYRE_RETURN_IF_ERROR(AsDamage(weights::CopyAsFloat(*view, floats)));
  return floats;
}

absl::StatusOr<std::vector<StoredShard>> ReadShards(const std::string& folder,
                                                    const CheckpointManifest& manifest) {
  std::map<std::string, weights::SafetensorsFile> files;
  std::vector<StoredShard> shards;
  for (const CheckpointManifest::Shard& entry : manifest.shards) {
    const std::string path = absl::StrCat(folder, "/", entry.file);
    auto file = files.find(entry.file);
    if (file == files.end()) {
      absl::StatusOr<weights::SafetensorsFile> opened = weights::SafetensorsFile::Open(path);
      if (!opened.ok()) return AsDamage(opened.status());
      GYRE_RETURN_IF_ERROR(CheckFile(folder, entry.file, *opened, manifest));
      file = files.emplace(entry.file, *std::move(opened)).first;
    }
    StoredShard shard;
    shard.tensor = entry.tensor;
    shard.first_row = entry.first_row;
    shard.num_rows = entry.num_rows;
    GYRE_ASSIGN_OR_RETURN(shard.first_moment, Floats(path, file->second, entry.first_moment));
    GYRE_ASSIGN_OR_RETURN(shard.second_moment, Floats(path, file->second, entry.second_moment));
    shards.push_back(std::move(shard));
  }
  return shards;
}

absl::StatusOr<model::Parameters> ReadReference(const std::string& folder,
                                                const CheckpointManifest& manifest,
                                                const weights::ModelConfig& config) {
  const std::string path = absl::StrCat(folder, "/", kReferenceFile);
  absl::StatusOr<weights::SafetensorsFile> file = weights::SafetensorsFile::Open(path);
  if (!file.ok()) return AsDamage(file.status());
  GYRE_RETURN_IF_ERROR(CheckFile(folder, kReferenceFile, *file, manifest));
  model::Parameters reference(config);
  for (const model::TensorPlace& place : reference.layout().tensors()) {
    const weights::TensorView* view = file->Find(place.name);
    if (view == nullptr || weights::NumElements(*view) != place.size) {
      return Damaged(path, absl::StrCat("tensor ", place.name, " is missing or has another size"));
    }
    const std::span<float> values(reference.flat().data() + place.offset,
                                  static_cast<size_t>(place.size));
    GYRE_RETURN_IF_ERROR(AsDamage(weights::CopyAsFloat(*view, values)));
  }
  return reference;
}

absl::StatusOr<model::Parameters> ReadChecked(const std::string& folder,
                                              const CheckpointManifest& manifest) {
  const absl::StatusOr<weights::HfFolder> weights = weights::ReadHfFolder(folder);
  if (!weights.ok()) return AsDamage(weights.status());
  GYRE_RETURN_IF_ERROR(CheckFile(folder, kModelFile, weights->files().front(), manifest));
  absl::StatusOr<model::Parameters> parameters = model::LoadParameters(*weights);
  if (absl::IsInvalidArgument(parameters.status())) {
    // The bytes are those that were written.
    return absl::InvalidArgumentError(absl::StrCat(parameters.status().message(), kDiverged));
  }
  if (!parameters.ok()) return AsDamage(parameters.status());
  return parameters;
}

}  // namespace

absl::StatusOr<Checkpoint> ReadCheckpoint(const std::string& folder,
                                          const std::string& policy_digest) {
  GYRE_RETURN_IF_ERROR(base::PutBackSetAside(folder));
  if (!base::Exists(folder)) {
    return absl::NotFoundError(
        absl::StrCat(folder, ": the checkpoint that the ledger names is not there", kWhatToDo));
  }
  GYRE_ASSIGN_OR_RETURN(const CheckpointManifest manifest, ReadManifest(folder));
  GYRE_ASSIGN_OR_RETURN(model::Parameters parameters, ReadChecked(folder, manifest));
  const base::Sha256Digest digest = PolicyDigest(parameters);
  if (!policy_digest.empty() && digest.bytes() != policy_digest) {
    return Damaged(absl::StrCat(folder, "/", kModelFile),
                   absl::StrCat("the weights have digest ", digest.ToHex().substr(0, 8),
                                " and not the one that the ledger names"));
  }
  GYRE_ASSIGN_OR_RETURN(std::vector<StoredShard> shards, ReadShards(folder, manifest));
  std::optional<model::Parameters> reference;
  if (manifest.has_reference) {
    GYRE_ASSIGN_OR_RETURN(reference, ReadReference(folder, manifest, parameters.config()));
  }
  return Checkpoint{.position = manifest.position,
                    .parameters = std::move(parameters),
                    .counts = manifest.counts,
                    .shards = std::move(shards),
                    .reference = std::move(reference)};
}

absl::StatusOr<model::Parameters> ReadParameters(const std::string& path) {
  if (base::Exists(absl::StrCat(path, "/", kCheckpointManifestFile))) {
    GYRE_ASSIGN_OR_RETURN(const CheckpointManifest manifest, ReadManifest(path));
    return ReadChecked(path, manifest);
  }
  GYRE_ASSIGN_OR_RETURN(const std::unique_ptr<weights::StoredModel> weights,
                        weights::OpenModel(path));
  return model::LoadParameters(*weights);
}

base::Sha256Digest PolicyDigest(const model::Parameters& parameters) {
  PolicyManifest manifest;
  for (const model::TensorPlace& place : parameters.layout().tensors()) {
    *manifest.add_tensors() =
        weights::MakeTensorEntry(place.name, place.shape,
                                 parameters.flat().subspan(static_cast<size_t>(place.offset),
                                                           static_cast<size_t>(place.size)));
  }
  return weights::PolicyRootDigest(manifest);
}

}  // namespace gyre::learner
