#include "weights/dtype.h"

namespace gyre::weights {
namespace {

struct Entry {
  std::string_view name;
  int64_t size_bytes;
};

// In the order of the enumerators.
constexpr Entry kEntries[] = {
    {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1},
    {"I16", 2},  {"U16", 2}, {"F16", 2}, {"BF16", 2},    {"I32", 4},
    {"U32", 4},  {"F32", 4}, {"I64", 8}, {"U64", 8},     {"F64", 8},
};
static_assert(std::size(kEntries) == static_cast<size_t>(DType::kF64) + 1);

}  // namespace

std::string_view DTypeName(DType dtype) { return kEntries[static_cast<size_t>(dtype)].name; }

std::optional<DType> DTypeFromName(std::string_view name) {
  for (size_t i = 0; i < std::size(kEntries); ++i) {
    if (kEntries[i].name == name) return static_cast<DType>(i);
  }
  return std::nullopt;
}

int64_t DTypeSizeBytes(DType dtype) { return kEntries[static_cast<size_t>(dtype)].size_bytes; }

}  // namespace gyre::weights
