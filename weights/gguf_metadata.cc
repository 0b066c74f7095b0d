#include "weights/gguf_metadata.h"

#include <cstring>
#include <limits>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "weights/quoted.h"

namespace gyre::weights {
namespace {

absl::Status WrongType(std::string_view key, const char* what) {
  return absl::InvalidArgumentError(absl::StrCat("metadata ", Quoted(key), " must be ", what));
}

template <typename T>
T Read(std::string_view bytes) {
  T value;
  GYRE_CHECK(bytes.size() >= sizeof(T), "a value of GGUF metadata has its bytes");
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

// Calls `use` with the number of this type that `bytes` begins with; false: no number's type.
template <typename Use>
bool WithNumber(GgufValueType type, std::string_view bytes, Use use) {
  switch (type) {
    case GgufValueType::kUint8:
      return use(Read<uint8_t>(bytes)), true;
    case GgufValueType::kInt8:
      return use(Read<int8_t>(bytes)), true;
    case GgufValueType::kUint16:
      return use(Read<uint16_t>(bytes)), true;
    case GgufValueType::kInt16:
      return use(Read<int16_t>(bytes)), true;
    case GgufValueType::kUint32:
      return use(Read<uint32_t>(bytes)), true;
    case GgufValueType::kInt32:
      return use(Read<int32_t>(bytes)), true;
    case GgufValueType::kUint64:
      return use(Read<uint64_t>(bytes)), true;
    case GgufValueType::kInt64:
      return use(Read<int64_t>(bytes)), true;
    case GgufValueType::kFloat32:
      return use(Read<float>(bytes)), true;
    case GgufValueType::kFloat64:
      return use(Read<double>(bytes)), true;
    default:
      return false;
  }
}

std::optional<int64_t> AsInteger(GgufValueType type, std::string_view bytes) {
  std::optional<int64_t> result;
  WithNumber(type, bytes, [&](auto number) {
    using Number = decltype(number);
    if constexpr (std::is_integral_v<Number>) {
      constexpr bool kMayBeLarger = std::is_same_v<Number, uint64_t>;
      if (kMayBeLarger &&
          static_cast<uint64_t>(number) > uint64_t{std::numeric_limits<int64_t>::max()}) {
        return;
      }
      result = static_cast<int64_t>(number);
    }
  });
  return result;
}

}  // namespace

std::optional<uint64_t> GgufSizeOf(GgufValueType type) {
  if (type == GgufValueType::kBool) return 1;
  std::optional<uint64_t> size;
  static constexpr char kZeros[8] = {};
  WithNumber(type, std::string_view(kZeros, sizeof(kZeros)),
             [&](auto number) { size = sizeof(number); });
  return size;
}

const GgufValue* GgufMetadata::Find(std::string_view key) const {
  auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

absl::StatusOr<std::optional<int64_t>> GgufMetadata::Integer(std::string_view key) const {
  const GgufValue* value = Find(key);
  if (value == nullptr) return std::nullopt;
  const std::optional<int64_t> number = AsInteger(value->type, value->bytes);
  if (!number.has_value()) return WrongType(key, "a whole number");
  return number;
}

absl::StatusOr<std::optional<double>> GgufMetadata::Number(std::string_view key) const {
  const GgufValue* value = Find(key);
  if (value == nullptr) return std::nullopt;
  std::optional<double> result;
  WithNumber(value->type, value->bytes, [&](auto n) { result = static_cast<double>(n); });
  if (!result.has_value()) return WrongType(key, "a number");
  return result;
}

absl::StatusOr<std::optional<bool>> GgufMetadata::Bool(std::string_view key) const {
  const GgufValue* value = Find(key);
  if (value == nullptr) return std::nullopt;
  if (value->type != GgufValueType::kBool) return WrongType(key, "true or false");
  return Read<uint8_t>(value->bytes) != 0;
}

absl::StatusOr<std::optional<std::string>> GgufMetadata::String(std::string_view key) const {
  const GgufValue* value = Find(key);
  if (value == nullptr) return std::nullopt;
  if (value->type != GgufValueType::kString) return WrongType(key, "a text");
  return std::string(value->bytes);
}

absl::StatusOr<std::vector<std::string>> GgufMetadata::Strings(std::string_view key) const {
  std::vector<std::string> result;
  const GgufValue* value = Find(key);
  if (value == nullptr) return result;
  if (value->type != GgufValueType::kArray || value->element_type != GgufValueType::kString) {
    return WrongType(key, "a list of texts");
  }
  result.reserve(value->count);
  std::string_view rest = value->bytes;
  for (uint64_t i = 0; i < value->count; ++i) {
    const uint64_t size = Read<uint64_t>(rest);
    rest.remove_prefix(sizeof(uint64_t));
    GYRE_CHECK(size <= rest.size(), "a text of GGUF metadata has its bytes");
    result.emplace_back(rest.substr(0, size));
    rest.remove_prefix(size);
  }
  return result;
}

absl::StatusOr<std::vector<int64_t>> GgufMetadata::Integers(std::string_view key) const {
  std::vector<int64_t> result;
  const GgufValue* value = Find(key);
  if (value == nullptr) return result;
  if (value->type != GgufValueType::kArray) return WrongType(key, "a list of whole numbers");
  const std::optional<uint64_t> size = GgufSizeOf(value->element_type);
  if (!size.has_value()) return WrongType(key, "a list of whole numbers");
  result.reserve(value->count);
  for (uint64_t i = 0; i < value->count; ++i) {
    const auto number = AsInteger(value->element_type, value->bytes.substr(i * *size));
    if (!number.has_value()) return WrongType(key, "a list of whole numbers");
    result.push_back(*number);
  }
  return result;
}

}  // namespace gyre::weights
