#include "weights/gguf_format.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "weights/gguf_cursor.h"
#include "weights/quoted.h"

namespace gyre::weights {
namespace {

constexpr std::string_view kMagic = "GGUF";
constexpr uint32_t kVersion = 3;
constexpr uint32_t kMostDimensions = 4;
constexpr uint64_t kMostNameBytes = 64;
constexpr int kMostNesting = 4;  // of arrays
constexpr uint64_t kMostAlignment = uint64_t{1} << 20;
// The shortest entries that there are, for which a count must have room.
constexpr uint64_t kLeastValueBytes = 8 + 4 + 1;
constexpr uint64_t kLeastTensorBytes = 8 + 4 + 4 + 8;

absl::Status WrongGguf(const std::string& what) { return absl::InvalidArgumentError(what); }

absl::Status Naming(const std::string& thing, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(thing, ": ", status.message()));
}

absl::Status CheckCount(const char* what, uint64_t count, uint64_t least_bytes, uint64_t left) {
  if (count <= left / least_bytes) return absl::OkStatus();
  return WrongGguf(absl::StrCat("claims ", count, " ", what, ", more than the file has room for"));
}

absl::Status SkipElements(GgufValueType type, uint64_t count, int nesting, GgufCursor& cursor);

// Past one value, whose type has been read.
absl::StatusOr<GgufValue> TakeValue(uint32_t type_number, int nesting, GgufCursor& cursor) {
  if (type_number > static_cast<uint32_t>(GgufValueType::kFloat64)) {
    return WrongGguf(absl::StrCat("has the unknown type ", type_number));
  }
  GgufValue value;
  value.type = static_cast<GgufValueType>(type_number);
  if (value.type == GgufValueType::kString) {
    GYRE_ASSIGN_OR_RETURN(value.bytes, cursor.TakeString());
    return value;
  }
  if (value.type != GgufValueType::kArray) {
    GYRE_ASSIGN_OR_RETURN(value.bytes, cursor.TakeBytes(*GgufSizeOf(value.type)));
    return value;
  }
  GYRE_ASSIGN_OR_RETURN(const uint32_t element_number, cursor.Take<uint32_t>());
  if (element_number > static_cast<uint32_t>(GgufValueType::kFloat64)) {
    return WrongGguf(absl::StrCat("is a list of the unknown type ", element_number));
  }
  value.element_type = static_cast<GgufValueType>(element_number);
  GYRE_ASSIGN_OR_RETURN(value.count, cursor.Take<uint64_t>());
  const uint64_t begin = cursor.position();
  GYRE_RETURN_IF_ERROR(SkipElements(value.element_type, value.count, nesting, cursor));
  value.bytes = cursor.Since(begin);
  return value;
}

absl::Status SkipElements(GgufValueType type, uint64_t count, int nesting, GgufCursor& cursor) {
  const std::optional<uint64_t> size = GgufSizeOf(type);
  const uint64_t least_bytes = size.value_or(type == GgufValueType::kString ? 8 : 12);
  GYRE_RETURN_IF_ERROR(CheckCount("elements", count, least_bytes, cursor.left()));
  if (size.has_value()) return cursor.TakeBytes(count * *size).status();
  if (type == GgufValueType::kArray && nesting == kMostNesting) {
    return WrongGguf("is nested too deep");
  }
  for (uint64_t i = 0; i < count; ++i) {
    GYRE_RETURN_IF_ERROR(TakeValue(static_cast<uint32_t>(type), nesting + 1, cursor).status());
  }
  return absl::OkStatus();
}

absl::StatusOr<GgufMetadata> TakeMetadata(uint64_t count, GgufCursor& cursor) {
  GYRE_RETURN_IF_ERROR(CheckCount("metadata entries", count, kLeastValueBytes, cursor.left()));
  std::map<std::string, GgufValue, std::less<>> values;
  for (uint64_t i = 0; i < count; ++i) {
    const absl::StatusOr<std::string_view> key = cursor.TakeString();
    if (!key.ok()) return Naming(absl::StrCat("the key of metadata entry ", i), key.status());
    const std::string name = absl::StrCat("metadata ", Quoted(*key));
    const absl::StatusOr<uint32_t> type = cursor.Take<uint32_t>();
    if (!type.ok()) return Naming(name, type.status());
    absl::StatusOr<GgufValue> value = TakeValue(*type, /*nesting=*/0, cursor);
    if (!value.ok()) return Naming(name, value.status());
    if (!values.emplace(*key, *value).second)
      return WrongGguf(absl::StrCat(name, " is given twice"));
  }
  return GgufMetadata(std::move(values));
}

// A tensor with its place in the data.
struct PlacedTensor {
  GgufTensor tensor;
  uint64_t offset = 0;
  uint64_t size = 0;  // bytes
};

// The shape from the file's dimensions, the innermost first, and the bytes that it takes.
absl::Status SetShape(const std::vector<uint64_t>& dimensions, PlacedTensor& placed) {
  uint64_t elements = 1;
  for (const uint64_t dimension : dimensions) {
    if (dimension == 0) return WrongGguf("has no elements");
    if (__builtin_mul_overflow(elements, dimension, &elements) ||
        elements > uint64_t{std::numeric_limits<int64_t>::max()} / 8) {
      return WrongGguf("has a shape whose size overflows");
    }
  }
  const auto block = static_cast<uint64_t>(GgmlBlockSize(placed.tensor.type));
  const uint64_t row = dimensions.empty() ? 1 : dimensions[0];
  if (row % block != 0) {
    return WrongGguf(absl::StrCat("has rows of ", row, " weights, which ",
                                  GgmlTypeName(static_cast<uint32_t>(placed.tensor.type)),
                                  " cannot store: its blocks are ", block));
  }
  placed.tensor.shape.assign(dimensions.rbegin(), dimensions.rend());
  placed.size = elements / block * static_cast<uint64_t>(GgmlBlockBytes(placed.tensor.type));
  return absl::OkStatus();
}

absl::Status TakeTensor(GgufCursor& cursor, PlacedTensor& placed) {
  GYRE_ASSIGN_OR_RETURN(const uint32_t num_dimensions, cursor.Take<uint32_t>());
  if (num_dimensions > kMostDimensions) {
    return WrongGguf(
        absl::StrCat("has ", num_dimensions, " dimensions; ", kMostDimensions, " are the most"));
  }
  std::vector<uint64_t> dimensions(num_dimensions);
  for (uint64_t& dimension : dimensions) {
    GYRE_ASSIGN_OR_RETURN(dimension, cursor.Take<uint64_t>());
  }
  GYRE_ASSIGN_OR_RETURN(const uint32_t type_number, cursor.Take<uint32_t>());
  GYRE_ASSIGN_OR_RETURN(placed.offset, cursor.Take<uint64_t>());
  const std::optional<GgmlType> type = GgmlTypeOf(type_number);
  if (!type.has_value()) {
    return absl::UnimplementedError(
        absl::StrCat("has the type ", GgmlTypeName(type_number),
                     "; supported are F32, F16, BF16, Q8_0, Q4_0 and Q4_1"));
  }
  placed.tensor.type = *type;
  return SetShape(dimensions, placed);
}

absl::StatusOr<std::vector<PlacedTensor>> TakeTensors(uint64_t count, GgufCursor& cursor) {
  GYRE_RETURN_IF_ERROR(CheckCount("tensors", count, kLeastTensorBytes, cursor.left()));
  std::vector<PlacedTensor> tensors;
  std::set<std::string> names;
  for (uint64_t i = 0; i < count; ++i) {
    PlacedTensor& placed = tensors.emplace_back();
    const absl::StatusOr<std::string_view> name = cursor.TakeString();
    if (!name.ok()) return Naming(absl::StrCat("the name of tensor ", i), name.status());
    if (name->size() > kMostNameBytes) {
      return WrongGguf(absl::StrCat("the name of tensor ", i, " has ", name->size(), " bytes; ",
                                    kMostNameBytes, " are the most"));
    }
    placed.tensor.name = std::string(*name);
    const std::string thing = absl::StrCat("tensor ", Quoted(placed.tensor.name));
    if (!names.insert(placed.tensor.name).second)
      return WrongGguf(absl::StrCat(thing, " is given twice"));
    if (absl::Status status = TakeTensor(cursor, placed); !status.ok()) {
      return absl::Status(status.code(), absl::StrCat(thing, " ", status.message()));
    }
  }
  return tensors;
}

absl::StatusOr<uint64_t> Alignment(const GgufMetadata& metadata) {
  GYRE_ASSIGN_OR_RETURN(const std::optional<int64_t> said, metadata.Integer("general.alignment"));
  if (!said.has_value()) return 32;
  const auto alignment = static_cast<uint64_t>(*said);
  if (alignment < 8 || alignment > kMostAlignment || (alignment & (alignment - 1)) != 0) {
    return WrongGguf(absl::StrCat("metadata \"general.alignment\" is ", *said,
                                  "; it must be a power of two from 8 to ", kMostAlignment));
  }
  return alignment;
}

uint64_t RoundedUp(uint64_t size, uint64_t alignment) {
  return (size + alignment - 1) / alignment * alignment;
}

// Gives the tensors their bytes. They must cover the data, each from the next aligned place on.
absl::StatusOr<std::vector<GgufTensor>> Place(std::vector<PlacedTensor> tensors,
                                              std::string_view data, uint64_t alignment) {
  std::sort(tensors.begin(), tensors.end(), [](const PlacedTensor& a, const PlacedTensor& b) {
    return std::pair(a.offset, a.size) < std::pair(b.offset, b.size);
  });
  std::vector<GgufTensor> placed;
  uint64_t end = 0;
  for (PlacedTensor& one : tensors) {
    const std::string thing = absl::StrCat("tensor ", Quoted(one.tensor.name), " ");
    const uint64_t begin = RoundedUp(end, alignment);
    if (one.offset != begin) {
      return WrongGguf(absl::StrCat(
          thing, one.offset < end ? "overlaps the one before it" : "is not where it should be",
          ": it begins at byte ", one.offset, " of the data and not at ", begin));
    }
    if (one.size > data.size() || one.offset > data.size() - one.size) {
      return WrongGguf(absl::StrCat(thing, "has ", one.size, " bytes from byte ", one.offset,
                                    " on of ", data.size(), " bytes of data: the file is cut off"));
    }
    one.tensor.bytes = data.substr(one.offset, one.size);
    end = one.offset + one.size;
    placed.push_back(std::move(one.tensor));
  }
  if (data.size() > RoundedUp(end, alignment)) {
    return WrongGguf(
        absl::StrCat("has ", data.size(), " bytes of data, but its tensors take ", end));
  }
  return placed;
}

}  // namespace

int64_t GgufTensor::num_elements() const {
  int64_t elements = 1;
  for (const int64_t dimension : shape) elements *= dimension;
  return elements;
}

absl::StatusOr<GgufContent> ParseGguf(std::string_view bytes) {
  if (bytes.substr(0, kMagic.size()) != kMagic) {
    return WrongGguf("does not begin with \"GGUF\"; not a GGUF file");
  }
  GgufCursor cursor(bytes);
  GYRE_RETURN_IF_ERROR(cursor.TakeBytes(kMagic.size()).status());
  GYRE_ASSIGN_OR_RETURN(const uint32_t version, cursor.Take<uint32_t>());
  if (version != kVersion) {
    return absl::UnimplementedError(
        version == __builtin_bswap32(kVersion)
            ? "is a big-endian GGUF file, which is not supported"
            : absl::StrCat("is GGUF of version ", version, "; only ", kVersion, " is supported"));
  }
  GYRE_ASSIGN_OR_RETURN(const uint64_t num_tensors, cursor.Take<uint64_t>());
  GYRE_ASSIGN_OR_RETURN(const uint64_t num_values, cursor.Take<uint64_t>());
  GgufContent content;
  GYRE_ASSIGN_OR_RETURN(content.metadata, TakeMetadata(num_values, cursor));
  GYRE_ASSIGN_OR_RETURN(std::vector<PlacedTensor> tensors, TakeTensors(num_tensors, cursor));
  GYRE_ASSIGN_OR_RETURN(const uint64_t alignment, Alignment(content.metadata));
  const uint64_t data_begin = RoundedUp(cursor.position(), alignment);
  // A file without tensors may end without the padding.
  const std::string_view data =
      data_begin <= bytes.size() ? bytes.substr(data_begin) : std::string_view();
  GYRE_ASSIGN_OR_RETURN(content.tensors, Place(std::move(tensors), data, alignment));
  return content;
}

}  // namespace gyre::weights
