#include "base/digest.h"

#include <gtest/gtest.h>

#include <string>

namespace gyre::base {
namespace {

constexpr char kDigestOfAbc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Sha256, GivesTheAnswersOfFips180) {
  EXPECT_EQ(Sha256::Of("").ToHex(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256::Of("abc").ToHex(), kDigestOfAbc);
  EXPECT_EQ(Sha256::Of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").ToHex(),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Sha256, DoesNotDependOnHowTheBytesAreCutAndStartsAnewAfterFinish) {
  Sha256 sha256;
  for (int round = 0; round < 2; ++round) {
    sha256.Update("a");
    sha256.Update("");
    sha256.Update("bc", 2);
    EXPECT_EQ(sha256.Finish().ToHex(), kDigestOfAbc);
  }
}

TEST(Sha256Digest, ComesBackFromItsTextAndItsBytes) {
  const Sha256Digest digest = Sha256::Of("abc");
  EXPECT_EQ(*Sha256Digest::FromHex(digest.ToHex()), digest);
  EXPECT_EQ(*Sha256Digest::FromBytes(digest.bytes()), digest);
  EXPECT_NE(digest, Sha256Digest());
}

TEST(Sha256Digest, RefusesWhatIsNoDigest) {
  std::string hex = kDigestOfAbc;
  EXPECT_FALSE(Sha256Digest::FromHex(hex.substr(1)).ok());
  hex[10] = 'g';
  EXPECT_EQ(Sha256Digest::FromHex(hex).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Sha256Digest::FromBytes("short").status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace gyre::base
