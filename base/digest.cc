#include "base/digest.h"

#include <openssl/evp.h>

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace gyre::base {

absl::StatusOr<Sha256Digest> Sha256Digest::FromHex(std::string_view hex) {
  if (hex.size() != 2 * kSize || !std::all_of(hex.begin(), hex.end(), absl::ascii_isxdigit)) {
    return absl::InvalidArgumentError(
        absl::StrCat("a SHA-256 has 64 hexadecimal digits, unlike '", std::string(hex), "'"));
  }
  return FromBytes(absl::HexStringToBytes({hex.data(), hex.size()}));
}

absl::StatusOr<Sha256Digest> Sha256Digest::FromBytes(std::string_view bytes) {
  if (bytes.size() != kSize) {
    return absl::InvalidArgumentError(absl::StrCat("a SHA-256 has 32 bytes, not ", bytes.size()));
  }
  Sha256Digest digest;
  std::copy(bytes.begin(), bytes.end(), digest.bytes_.begin());
  return digest;
}

std::string Sha256Digest::ToHex() const {
  const std::string_view raw = bytes();
  return absl::BytesToHexString({raw.data(), raw.size()});
}

void Sha256::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  GYRE_CHECK(context_ != nullptr, "OpenSSL has no memory for a digest");
  GYRE_CHECK(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1,
             "OpenSSL has no SHA-256");
}

Sha256::~Sha256() = default;

void Sha256::Update(std::string_view bytes) { Update(bytes.data(), bytes.size()); }

void Sha256::Update(const void* data, std::size_t size_bytes) {
  GYRE_CHECK(EVP_DigestUpdate(context_.get(), data, size_bytes) == 1, "SHA-256 cannot fail");
}

Sha256Digest Sha256::Finish() {
  std::array<std::uint8_t, Sha256Digest::kSize> bytes;
  GYRE_CHECK(EVP_DigestFinal_ex(context_.get(), bytes.data(), nullptr) == 1, "SHA-256 cannot fail");
  GYRE_CHECK(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1,
             "OpenSSL has no SHA-256");
  return Sha256Digest(bytes);
}

Sha256Digest Sha256::Of(std::string_view bytes) {
  Sha256 sha256;
  sha256.Update(bytes);
  return sha256.Finish();
}

}  // namespace gyre::base
