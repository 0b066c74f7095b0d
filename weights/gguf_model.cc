#include "weights/gguf_model.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "weights/expected_tensors.h"
#include "weights/ggml_type.h"
#include "weights/gguf_config.h"
#include "weights/gguf_names.h"

namespace gyre::weights {
namespace {

absl::Status CheckTensorsOf(const GgufFile& file, const ModelConfig& config) {
  std::vector<NamedShape> expected = ExpectedTensors(config);
  for (NamedShape& tensor : expected) tensor.name = GgufNameOf(tensor.name);
  std::vector<NamedShape> given;
  for (const GgufTensor& tensor : file.tensors()) given.push_back({tensor.name, tensor.shape});
  return CheckTensors(expected, given, "the file's metadata",
                      [](const std::string& name) { return name == kGgufRopeDivisors; });
}

// Heads whose rows are permuted in the file; 0: none are.
int64_t PermutedHeads(const ModelConfig& config, std::string_view name) {
  if (config.family != ModelFamily::kLlama) return 0;
  const std::string text(name);
  if (absl::EndsWith(text, ".self_attn.q_proj.weight")) return config.num_heads;
  if (absl::EndsWith(text, ".self_attn.k_proj.weight")) return config.num_kv_heads;
  return 0;
}

// In the file row 2i + s of a head is row s · head_size / 2 + i of Hugging Face's (s: 0 or 1).
void CopyPermutedRows(const GgufTensor& tensor, int64_t heads, std::span<float> values) {
  const int64_t rows = tensor.shape[0];
  const int64_t row_size = tensor.shape[1];
  const int64_t head_size = rows / heads;
  const size_t row_bytes = tensor.bytes.size() / static_cast<size_t>(rows);
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t in_head = row % head_size;
    const int64_t target = row - in_head + in_head % 2 * (head_size / 2) + in_head / 2;
    Dequantize(
        tensor.type, tensor.bytes.substr(static_cast<size_t>(row) * row_bytes, row_bytes),
        values.subspan(static_cast<size_t>(target * row_size), static_cast<size_t>(row_size)));
  }
}

}  // namespace

absl::StatusOr<GgufModel> GgufModel::Open(const std::string& path) {
  GYRE_ASSIGN_OR_RETURN(GgufFile file, GgufFile::Open(path));
  absl::StatusOr<ModelConfig> config = ReadGgufConfig(file);
  absl::Status status = config.status();
  if (status.ok()) status = CheckTensorsOf(file, *config);
  if (!status.ok()) {
    return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
  }
  return GgufModel(std::move(file), *std::move(config));
}

absl::Status GgufModel::CopyTensor(std::string_view name, std::span<float> values) const {
  const GgufTensor* tensor = file_.Find(GgufNameOf(name));
  GYRE_CHECK(tensor != nullptr, "a GGUF model is asked only for tensors that its config expects");
  GYRE_CHECK(tensor->num_elements() == static_cast<int64_t>(values.size()),
             "a tensor is copied to as many places as it has elements");
  const int64_t heads = PermutedHeads(config_, name);
  if (heads > 0) {
    CopyPermutedRows(*tensor, heads, values);
  } else {
    Dequantize(tensor->type, tensor->bytes, values);
  }
  return absl::OkStatus();
}

}  // namespace gyre::weights
