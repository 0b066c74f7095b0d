#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

struct evp_md_ctx_st;  // EVP_MD_CTX of OpenSSL

namespace gyre::base {

// The 32 bytes of a SHA-256. Zero by default, which no content has.
class Sha256Digest {
 public:
  static constexpr std::size_t kSize = 32;

  Sha256Digest() = default;
  explicit Sha256Digest(const std::array<std::uint8_t, kSize>& bytes) : bytes_(bytes) {}
  // INVALID_ARGUMENT unless 64 hexadecimal digits (either case) or 32 bytes.
  static absl::StatusOr<Sha256Digest> FromHex(std::string_view hex);
  static absl::StatusOr<Sha256Digest> FromBytes(std::string_view bytes);

  // 64 lower-case digits.
  std::string ToHex() const;
  // 32 bytes, for protos and for digests of digests.
  std::string_view bytes() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }

  auto operator<=>(const Sha256Digest&) const = default;
  template <typename H>
  friend H AbslHashValue(H state, const Sha256Digest& digest) {
    return H::combine(std::move(state), digest.bytes_);
  }

 private:
  std::array<std::uint8_t, kSize> bytes_{};
};

// A running SHA-256. For one thread at a time.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void Update(std::string_view bytes);
  void Update(const void* data, std::size_t size_bytes);
  // The digest of all that was given; the object is then as new.
  Sha256Digest Finish();

  static Sha256Digest Of(std::string_view bytes);

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace gyre::base
