#include "text/streaming_decoder.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>

#include "tests/text/tiny_tokenizer.h"

namespace gyre::text {
namespace {

TEST(StreamingDecoder, HoldsBackAHalfCharacter) {
  const std::unique_ptr<Tokenizer> tokenizer = ByteTokenizer();
  StreamingDecoder stream(*tokenizer);
  EXPECT_EQ(stream.Add('a'), "a");
  EXPECT_EQ(stream.Add(0xF0), "");
  EXPECT_EQ(stream.Add(0x9F), "");
  EXPECT_EQ(stream.Add(0x98), "");
  EXPECT_EQ(stream.Add(0x80), "\U0001F600");
  EXPECT_EQ(stream.Add(0xE2), "");
  EXPECT_EQ(stream.Add('b'), "\uFFFDb");
  EXPECT_EQ(stream.Add(0xFF), "\uFFFD");
  EXPECT_EQ(stream.Add(0xC3), "");
  EXPECT_EQ(stream.Finish(), "\uFFFD");
  EXPECT_EQ(stream.Finish(), "");
}

TEST(StreamingDecoder, GivesInTheEndWhatDecodeGives) {
  const std::unique_ptr<Tokenizer> tokenizer = ByteTokenizer();
  std::mt19937 random(5);
  // Mostly the bytes of which characters are made.
  const std::vector<int32_t> bytes = {'a',  0xC3, 0xA9, 0xE2, 0x82, 0xAC, 0xF0, 0x9F,
                                      0x98, 0x80, 0xFF, 0xED, 0xA0, 256,  999};
  for (int round = 0; round < 5'000; ++round) {
    std::vector<int32_t> ids;
    for (int size = static_cast<int>(random() % 12); size > 0; --size) {
      ids.push_back(bytes[random() % bytes.size()]);
    }
    for (SpecialTokens special : {SpecialTokens::kKeep, SpecialTokens::kSkip}) {
      StreamingDecoder stream(*tokenizer, special);
      std::string text;
      for (int32_t id : ids) text += stream.Add(id);
      text += stream.Finish();
      ASSERT_EQ(text, tokenizer->Decode(ids, special));
    }
  }
}

}  // namespace
}  // namespace gyre::text
