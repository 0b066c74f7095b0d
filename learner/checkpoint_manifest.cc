#include "learner/checkpoint_manifest.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace gyre::learner {
namespace {

using nlohmann::json;

constexpr int kFormat = 2;
constexpr char kSelf[] = "self";

// How a manifest is written, with or without the digest of itself.
std::string Dump(const nlohmann::ordered_json& root) { return root.dump(1) + "\n"; }

// That the rest of the manifest has the digest that it holds. The order of keys counts.
absl::Status CheckSelf(std::string_view text) {
  nlohmann::ordered_json root = nlohmann::ordered_json::parse(text);
  GYRE_ASSIGN_OR_RETURN(const base::Sha256Digest self,
                        base::Sha256Digest::FromHex(root.at(kSelf).get<std::string>()));
  root.erase(kSelf);
  if (base::Sha256::Of(Dump(root)) == self) return absl::OkStatus();
  return absl::InvalidArgumentError("it has another SHA-256 than when it was written");
}

CheckpointManifest FromJson(const json& root) {
  CheckpointManifest manifest;
  manifest.position.version = root.at("version");
  manifest.position.stage = root.at("stage");
  manifest.position.stage_name = root.at("stage_name");
  manifest.position.steps = root.at("stage_steps");
  manifest.counts.updates = root.at("updates");
  manifest.counts.nonfinite_in_a_row = root.at("nonfinite_in_a_row");
  manifest.has_reference = root.at("has_reference");
  for (const json& entry : root.at("optimizer_shards")) {
    manifest.shards.push_back({.tensor = entry.at("tensor"),
                               .first_row = entry.at("first_row"),
                               .num_rows = entry.at("num_rows"),
                               .file = entry.at("file"),
                               .first_moment = entry.at("first_moment"),
                               .second_moment = entry.at("second_moment")});
  }
  return manifest;
}

absl::Status ReadDigests(const json& root, CheckpointManifest& manifest) {
  GYRE_ASSIGN_OR_RETURN(manifest.policy_digest,
                        base::Sha256Digest::FromHex(root.at("policy_digest").get<std::string>()));
  for (const auto& [file, tensors] : root.at("sha256").items()) {
    auto& digests = manifest.digests[file];
    for (const auto& [tensor, hex] : tensors.items()) {
      GYRE_ASSIGN_OR_RETURN(digests[tensor], base::Sha256Digest::FromHex(hex.get<std::string>()));
    }
  }
  for (const auto& [file, hex] : root.at("files").items()) {
    GYRE_ASSIGN_OR_RETURN(manifest.files[file],
                          base::Sha256Digest::FromHex(hex.get<std::string>()));
  }
  return absl::OkStatus();
}

}  // namespace

std::string ToJson(const CheckpointManifest& manifest) {
  nlohmann::ordered_json root;
  root["format"] = kFormat;
  root["version"] = manifest.position.version;
  root["stage"] = manifest.position.stage;
  root["stage_name"] = manifest.position.stage_name;
  root["stage_steps"] = manifest.position.steps;
  root["policy_digest"] = manifest.policy_digest.ToHex();
  root["updates"] = manifest.counts.updates;
  root["nonfinite_in_a_row"] = manifest.counts.nonfinite_in_a_row;
  root["has_reference"] = manifest.has_reference;
  root["optimizer_shards"] = nlohmann::ordered_json::array();
  for (const CheckpointManifest::Shard& shard : manifest.shards) {
    root["optimizer_shards"].push_back({{"tensor", shard.tensor},
                                        {"first_row", shard.first_row},
                                        {"num_rows", shard.num_rows},
                                        {"file", shard.file},
                                        {"first_moment", shard.first_moment},
                                        {"second_moment", shard.second_moment}});
  }
  root["sha256"] = nlohmann::ordered_json::object();
  for (const auto& [file, tensors] : manifest.digests) {
    for (const auto& [tensor, digest] : tensors) root["sha256"][file][tensor] = digest.ToHex();
  }
  root["files"] = nlohmann::ordered_json::object();
  for (const auto& [file, digest] : manifest.files) root["files"][file] = digest.ToHex();
  root[kSelf] = base::Sha256::Of(Dump(root)).ToHex();
  return Dump(root);
}

absl::StatusOr<CheckpointManifest> ParseCheckpointManifest(std::string_view text) {
  // The library reports by exceptions, which go no further than this.
  try {
    const json root = json::parse(text);
    if (const int format = root.at("format"); format != kFormat) {
      return absl::InvalidArgumentError(
          absl::StrCat("format ", format, " is not the one that this build reads, ", kFormat));
    }
    GYRE_RETURN_IF_ERROR(CheckSelf(text));
    CheckpointManifest manifest = FromJson(root);
    GYRE_RETURN_IF_ERROR(ReadDigests(root, manifest));
    return manifest;
  } catch (const json::exception& error) {
    return absl::InvalidArgumentError(error.what());
  }
}

}  // namespace gyre::learner
