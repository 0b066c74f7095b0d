#include "text/nfc_normalizer.h"

#include <gtest/gtest.h>

namespace gyre::text {
namespace {

std::string Nfc(const std::string& text) {
  std::string storage;
  return std::string(NfcNormalizer().Normalize(text, &storage));
}

TEST(NfcNormalizer, LeavesATextInNfcWhereItIs) {
  std::string storage;
  for (const char* text : {"", "plain", "caf\u00E9 \u4E2D\uAC01 \U0001F600"}) {
    const std::string_view view = text;
    EXPECT_EQ(NfcNormalizer().Normalize(view, &storage).data(), view.data());
  }
}

TEST(NfcNormalizer, ComposesAndOrdersMarks) {
  EXPECT_EQ(Nfc("e\u0301"), "\u00E9");
  EXPECT_EQ(Nfc("xe\u0301y\u0301z"), "x\u00E9\u00FDz");
  EXPECT_EQ(Nfc("q\u0307\u0323"), "q\u0323\u0307");
  EXPECT_EQ(Nfc("a\u0323\u0302"), "\u1EAD");
  EXPECT_EQ(Nfc("\u1100\u1161\u11A8"), "\uAC01");  // Hangul
  EXPECT_EQ(Nfc("\u212B\u2126"), "\u00C5\u03A9");  // singletons
  EXPECT_EQ(Nfc("\u0958"), "\u0915\u093C");        // excluded from composition
  EXPECT_EQ(Nfc("\u0301e"), "\u0301e");            // nothing in front
  EXPECT_EQ(Nfc("e\u0301\u0301"), "\u00E9\u0301");
  EXPECT_EQ(Nfc("\u00E9\u0323"), "\u1EB9\u0301");  // recomposed in another way
  EXPECT_EQ(Nfc(std::string("a\0e\u0301", 5)), std::string("a\0\u00E9", 4));
}

// These marks are newer than the tables of HF tokenizers.
TEST(NfcNormalizer, LeavesCharactersThatAreUnknownToTheOracle) {
  EXPECT_EQ(Nfc("a\U0001E4EE\u0301"), "a\U0001E4EE\u0301");
}

TEST(NfcNormalizer, ALongRunOfMarksTakesNoQuadraticTime) {
  std::string text = "a", above, below;
  for (int i = 0; i < 300'000; ++i) {
    text += "\u0302\u0323";  // above, below
    above += "\u0302";
    below += "\u0323";
  }
  // The first of each composes with the letter.
  EXPECT_EQ(Nfc(text), "\u1EAD" + below.substr(2) + above.substr(2));
}

}  // namespace
}  // namespace gyre::text
