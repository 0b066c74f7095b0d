#include "weights/safetensors_writer.h"

#include <algorithm>
#include <bit>
#include <nlohmann/json.hpp>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/file_writer.h"
#include "base/status_macros.h"

namespace gyre::weights {
namespace {

using nlohmann::ordered_json;

static_assert(std::endian::native == std::endian::little, "tensors are written as they are held");

// A tensor of the list, by its place there.
struct NamedTensor {
  const NamedShape* tensor = nullptr;
  size_t index = 0;
  uint64_t size_bytes = 0;
};

absl::StatusOr<uint64_t> BytesOfShape(const NamedShape& tensor) {
  int64_t size = sizeof(float);
  for (int64_t dimension : tensor.shape) {
    if (dimension < 0 || __builtin_mul_overflow(size, dimension, &size)) {
      return absl::InvalidArgumentError(
          absl::StrCat("tensor \"", tensor.name, "\" has an impossible shape"));
    }
  }
  return static_cast<uint64_t>(size);
}

// In order of name.
absl::StatusOr<std::vector<NamedTensor>> SortedTensors(const std::vector<NamedShape>& tensors) {
  std::vector<NamedTensor> entries;
  for (const NamedShape& tensor : tensors) {
    const std::string& name = tensor.name;
    const bool plain =
        std::all_of(name.begin(), name.end(), [](char c) { return c > 32 && c < 127; });
    if (!plain || name.empty() || name == "__metadata__") {
      return absl::InvalidArgumentError(absl::StrCat("\"", name, "\" cannot name a tensor"));
    }
    GYRE_ASSIGN_OR_RETURN(const uint64_t size_bytes, BytesOfShape(tensor));
    entries.push_back({&tensor, entries.size(), size_bytes});
  }
  std::sort(entries.begin(), entries.end(), [](const NamedTensor& a, const NamedTensor& b) {
    return a.tensor->name < b.tensor->name;
  });
  for (size_t i = 1; i < entries.size(); ++i) {
    if (entries[i - 1].tensor->name == entries[i].tensor->name) {
      return absl::InvalidArgumentError(
          absl::StrCat("tensor \"", entries[i].tensor->name, "\" is given twice"));
    }
  }
  return entries;
}

// The bytes before the data: size and JSON.
std::string Header(const std::vector<NamedTensor>& entries) {
  ordered_json root = {{"__metadata__", {{"format", "pt"}}}};
  uint64_t begin = 0;
  for (const NamedTensor& entry : entries) {
    root[entry.tensor->name] = {
        {"dtype", "F32"},
        {"shape", entry.tensor->shape},
        {"data_offsets", ordered_json::array({begin, begin + entry.size_bytes})}};
    begin += entry.size_bytes;
  }
  std::string json = root.dump();
  json.resize((json.size() + 7) / 8 * 8, ' ');
  std::string header;
  for (int i = 0; i < 8; ++i) header.push_back(static_cast<char>(uint64_t{json.size()} >> (8 * i)));
  return header + json;
}

}  // namespace

absl::Status WriteSafetensors(const std::string& path, const std::vector<NamedShape>& tensors,
                              TensorValues values) {
  GYRE_ASSIGN_OR_RETURN(const std::vector<NamedTensor> entries, SortedTensors(tensors));
  GYRE_ASSIGN_OR_RETURN(base::FileWriter file, base::FileWriter::Create(path));
  GYRE_RETURN_IF_ERROR(file.Append(Header(entries)));
  for (const NamedTensor& entry : entries) {
    if (entry.size_bytes == 0) continue;
    GYRE_ASSIGN_OR_RETURN(const std::span<const float> floats, values(entry.index));
    GYRE_CHECK(floats.size_bytes() == entry.size_bytes, "a tensor has as many values as its shape");
    GYRE_RETURN_IF_ERROR(file.Append(
        std::string_view(reinterpret_cast<const char*>(floats.data()), floats.size_bytes())));
  }
  return file.Commit();
}

absl::Status WriteSafetensors(const std::string& path, const std::vector<F32Tensor>& tensors) {
  std::vector<NamedShape> shapes;
  for (const F32Tensor& tensor : tensors) shapes.push_back({tensor.name, tensor.shape});
  return WriteSafetensors(path, shapes, [&](size_t i) -> absl::StatusOr<std::span<const float>> {
    GYRE_ASSIGN_OR_RETURN(const uint64_t size_bytes, BytesOfShape(shapes[i]));
    return std::span<const float>(tensors[i].data, size_bytes / sizeof(float));
  });
}

}  // namespace gyre::weights
