#include "weights/safetensors_writer.h"

#include <algorithm>
#include <bit>
#include <nlohmann/json.hpp>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "base/file_writer.h"
#include "base/status_macros.h"

namespace gyre::weights {
namespace {

using nlohmann::ordered_json;

static_assert(std::endian::native == std::endian::little, "tensors are written as they are held");

absl::Status CheckNames(const std::vector<F32Tensor>& sorted) {
  for (size_t i = 0; i < sorted.size(); ++i) {
    const std::string& name = sorted[i].name;
    const bool plain =
        std::all_of(name.begin(), name.end(), [](char c) { return c > 32 && c < 127; });
    if (!plain || name.empty() || name == "__metadata__") {
      return absl::InvalidArgumentError(absl::StrCat("\"", name, "\" cannot name a tensor"));
    }
    if (i > 0 && sorted[i - 1].name == name) {
      return absl::InvalidArgumentError(absl::StrCat("tensor \"", name, "\" is given twice"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> SizeBytes(const F32Tensor& tensor) {
  int64_t size = sizeof(float);
  for (int64_t dimension : tensor.shape) {
    if (dimension < 0 || __builtin_mul_overflow(size, dimension, &size)) {
      return absl::InvalidArgumentError(
          absl::StrCat("tensor \"", tensor.name, "\" has an impossible shape"));
    }
  }
  return static_cast<uint64_t>(size);
}

// The bytes before the data: size and JSON.
absl::StatusOr<std::string> Header(const std::vector<F32Tensor>& tensors) {
  ordered_json root = {{"__metadata__", {{"format", "pt"}}}};
  uint64_t begin = 0;
  for (const F32Tensor& tensor : tensors) {
    GYRE_ASSIGN_OR_RETURN(const uint64_t size, SizeBytes(tensor));
    root[tensor.name] = {{"dtype", "F32"},
                         {"shape", tensor.shape},
                         {"data_offsets", ordered_json::array({begin, begin + size})}};
    begin += size;
  }
  std::string json = root.dump();
  json.resize((json.size() + 7) / 8 * 8, ' ');
  std::string header;
  for (int i = 0; i < 8; ++i) header.push_back(static_cast<char>(uint64_t{json.size()} >> (8 * i)));
  return header + json;
}

}  // namespace

absl::Status WriteSafetensors(const std::string& path, std::vector<F32Tensor> tensors) {
  std::sort(tensors.begin(), tensors.end(),
            [](const F32Tensor& a, const F32Tensor& b) { return a.name < b.name; });
  GYRE_RETURN_IF_ERROR(CheckNames(tensors));
  GYRE_ASSIGN_OR_RETURN(const std::string header, Header(tensors));
  GYRE_ASSIGN_OR_RETURN(base::FileWriter file, base::FileWriter::Create(path));
  GYRE_RETURN_IF_ERROR(file.Append(header));
  for (const F32Tensor& tensor : tensors) {
    GYRE_ASSIGN_OR_RETURN(const uint64_t size, SizeBytes(tensor));
    if (size == 0) continue;
    GYRE_RETURN_IF_ERROR(
        file.Append(std::string_view(reinterpret_cast<const char*>(tensor.data), size)));
  }
  return file.Commit();
}

}  // namespace gyre::weights
