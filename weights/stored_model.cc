#include "weights/stored_model.h"

#include <utility>

#include "absl/strings/match.h"
#include "base/status_macros.h"
#include "weights/gguf_model.h"
#include "weights/hf_folder.h"

namespace gyre::weights {

bool IsGgufPath(const std::string& path) { return absl::EndsWith(path, ".gguf"); }

absl::StatusOr<std::unique_ptr<StoredModel>> OpenModel(const std::string& path) {
  if (IsGgufPath(path)) {
    GYRE_ASSIGN_OR_RETURN(GgufModel model, GgufModel::Open(path));
    return std::make_unique<GgufModel>(std::move(model));
  }
  GYRE_ASSIGN_OR_RETURN(HfFolder folder, ReadHfFolder(path));
  return std::make_unique<HfFolder>(std::move(folder));
}

absl::StatusOr<ModelConfig> ReadModelConfig(const std::string& path) {
  if (!IsGgufPath(path)) return ReadHfConfig(path);
  GYRE_ASSIGN_OR_RETURN(const GgufModel model, GgufModel::Open(path));
  return model.config();
}

}  // namespace gyre::weights
