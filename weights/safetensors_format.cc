#include "weights/safetensors_format.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "weights/quoted.h"
#include "weights/safetensors_header.h"

namespace gyre::weights {
namespace {

constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // as in the reference implementation

absl::Status WrongFile(const std::string& what) { return absl::InvalidArgumentError(what); }

absl::Status WrongTensor(const std::string& name, const std::string& what) {
  return WrongFile(absl::StrCat("tensor ", Quoted(name), " ", what));
}

uint64_t LittleEndian64(std::string_view bytes) {
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value |= uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return value;
}

// Product of the shape times the element size.
absl::StatusOr<uint64_t> SizeBytes(const TensorEntryHeader& entry, DType dtype) {
  uint64_t size = static_cast<uint64_t>(DTypeSizeBytes(dtype));
  for (uint64_t dimension : entry.shape) {
    if (dimension > uint64_t{std::numeric_limits<int64_t>::max()} ||
        __builtin_mul_overflow(size, dimension, &size)) {
      return WrongTensor(entry.name, "has a shape whose size overflows");
    }
  }
  return size;
}

absl::StatusOr<TensorView> MakeView(const TensorEntryHeader& entry, uint64_t begin,
                                    std::string_view data) {
  const std::optional<DType> dtype = DTypeFromName(entry.dtype);
  if (!dtype.has_value()) {
    return absl::UnimplementedError(absl::StrCat("tensor ", Quoted(entry.name), " has the dtype ",
                                                 Quoted(entry.dtype), ", which is not supported"));
  }
  GYRE_ASSIGN_OR_RETURN(const uint64_t size, SizeBytes(entry, *dtype));
  if (entry.end < entry.begin || entry.end - entry.begin != size) {
    return WrongTensor(entry.name,
                       absl::StrCat("has the data offsets [", entry.begin, ", ", entry.end,
                                    "], but its shape takes ", size, " bytes"));
  }
  if (entry.begin != begin) {
    return WrongTensor(
        entry.name,
        absl::StrCat(entry.begin < begin ? "overlaps the one before it" : "leaves a hole before it",
                     ": it begins at byte ", entry.begin, " and not at ", begin));
  }
  if (entry.end > data.size()) {
    return WrongTensor(entry.name, absl::StrCat("ends at byte ", entry.end, " of ", data.size(),
                                                " bytes of data: the file is cut off"));
  }
  return TensorView{
      entry.name, *dtype, {entry.shape.begin(), entry.shape.end()}, data.substr(entry.begin, size)};
}

}  // namespace

absl::StatusOr<SafetensorsContent> ParseSafetensors(std::string_view bytes) {
  if (bytes.size() < 8) return WrongFile("is cut off: shorter than 8 bytes");
  const uint64_t header_size = LittleEndian64(bytes);
  if (header_size > kMaxHeaderBytes) {
    return WrongFile(
        absl::StrCat("claims a header of ", header_size, " bytes; not a safetensors file"));
  }
  if (header_size > bytes.size() - 8) {
    return WrongFile(absl::StrCat("is cut off: its header of ", header_size,
                                  " bytes ends behind the file's ", bytes.size()));
  }
  const std::string_view data = bytes.substr(8 + header_size);
  GYRE_ASSIGN_OR_RETURN(SafetensorsHeader header,
                        ParseSafetensorsHeader(bytes.substr(8, header_size)));
  std::sort(header.tensors.begin(), header.tensors.end(),
            [](const TensorEntryHeader& a, const TensorEntryHeader& b) {
              return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
            });
  SafetensorsContent content;
  content.metadata = std::move(header.metadata);
  uint64_t end = 0;
  for (const TensorEntryHeader& entry : header.tensors) {
    GYRE_ASSIGN_OR_RETURN(TensorView view, MakeView(entry, end, data));
    content.tensors.push_back(std::move(view));
    end = entry.end;
  }
  if (end != data.size()) {
    return WrongFile(
        absl::StrCat("has ", data.size(), " bytes of data, but its tensors take ", end));
  }
  return content;
}

}  // namespace gyre::weights
