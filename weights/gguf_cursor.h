// Takes little-endian values off the front of a GGUF header. For the parser alone.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "absl/status/statusor.h"

namespace gyre::weights {

class GgufCursor {
 public:
  explicit GgufCursor(std::string_view bytes) : all_(bytes) {}

  uint64_t position() const { return position_; }
  uint64_t left() const { return all_.size() - position_; }

  // INVALID_ARGUMENT: the file ends before.
  template <typename T>
  absl::StatusOr<T> Take() {
    static_assert(std::endian::native == std::endian::little);
    if (left() < sizeof(T)) return CutOff();
    T value;
    std::memcpy(&value, all_.data() + position_, sizeof(T));
    position_ += sizeof(T);
    return value;
  }
  absl::StatusOr<std::string_view> TakeBytes(uint64_t size) {
    if (left() < size) return CutOff();
    const std::string_view bytes = all_.substr(position_, size);
    position_ += size;
    return bytes;
  }
  // A u64 size and so many bytes.
  absl::StatusOr<std::string_view> TakeString() {
    absl::StatusOr<uint64_t> size = Take<uint64_t>();
    if (!size.ok()) return size.status();
    return TakeBytes(*size);
  }

  // What was taken since `position`.
  std::string_view Since(uint64_t position) const {
    return all_.substr(position, position_ - position);
  }

 private:
  static absl::Status CutOff() {
    return absl::InvalidArgumentError(
        "the file ends before that: it is cut off, or a size is wrong");
  }

  std::string_view all_;
  uint64_t position_ = 0;
};

}  // namespace gyre::weights
