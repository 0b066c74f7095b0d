#include "text/bpe_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "text/byte_alphabet.h"

namespace gyre::text {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Merges = std::vector<std::pair<std::string, std::string>>;

// Ids in order of the tokens.
Vocabulary MakeVocabulary(const std::vector<std::string>& tokens) {
  TokenMap<int32_t> ids;
  for (const std::string& token : tokens) ids.emplace(token, static_cast<int32_t>(ids.size()));
  return *Vocabulary::Create(std::move(ids));
}

BpeModel MakeModel(const std::vector<std::string>& tokens, const Merges& merges,
                   const BpeOptions& options = {}) {
  absl::StatusOr<BpeModel> model = BpeModel::Create(MakeVocabulary(tokens), merges, options);
  EXPECT_TRUE(model.ok()) << model.status();
  return *std::move(model);
}

std::vector<int32_t> Tokens(const BpeModel& model, std::string_view piece) {
  std::vector<int32_t> ids;
  EXPECT_TRUE(model.Tokenize(piece, &ids));
  return ids;
}

TEST(BpeModel, MergesTheLowestRankFirstAndTheLeftmostOfSeveral) {
  const BpeModel model =
      MakeModel({"a", "b", "c", "ab", "bc", "aa"}, {{"b", "c"}, {"a", "b"}, {"a", "a"}});
  EXPECT_THAT(Tokens(model, "abc"), ElementsAre(0, 4));  // bc goes first
  EXPECT_THAT(Tokens(model, "aaa"), ElementsAre(5, 0));
  EXPECT_THAT(Tokens(model, "abab"), ElementsAre(3, 3));
  EXPECT_THAT(Tokens(model, "a"), ElementsAre(0));
}

TEST(BpeModel, TakesAWholePieceOnlyIfMergesAreIgnored) {
  const std::vector<std::string> tokens = {"a", "b", "c", "bc", "abc"};
  EXPECT_THAT(Tokens(MakeModel(tokens, {{"b", "c"}}), "abc"), ElementsAre(0, 3));
  BpeOptions options;
  options.ignore_merges = true;
  EXPECT_THAT(Tokens(MakeModel(tokens, {{"b", "c"}}, options), "abc"), ElementsAre(4));
}

TEST(BpeModel, BytesAreTokensByTheirVisibleForm) {
  const BpeModel model = MakeModel({"Ġ", "a", "Ã", "©", "Ġa"}, {{"Ġ", "a"}});
  EXPECT_THAT(Tokens(model, " a\u00E9"), ElementsAre(4, 2, 3));
}

TEST(BpeModel, DropsOrReplacesBytesWithoutAToken) {
  const std::vector<std::string> tokens = {"<unk>", "a", "b", "ab"};
  EXPECT_THAT(Tokens(MakeModel(tokens, {{"a", "b"}}), "axxb"), ElementsAre(3));
  BpeOptions each;
  each.unknown_token = "<unk>";
  EXPECT_THAT(Tokens(MakeModel(tokens, {{"a", "b"}}, each), "axxb"), ElementsAre(1, 0, 0, 2));
  BpeOptions fused = each;
  fused.fuse_unknown = true;
  EXPECT_THAT(Tokens(MakeModel(tokens, {{"a", "b"}}, fused), "axxbx"), ElementsAre(1, 0, 2, 0));
}

TEST(BpeModel, TheLastOfTwoEqualMergesCounts) {
  const BpeModel model =
      MakeModel({"a", "b", "c", "ab", "bc"}, {{"a", "b"}, {"b", "c"}, {"a", "b"}});
  EXPECT_THAT(Tokens(model, "abc"), ElementsAre(0, 4));
}

TEST(BpeModel, NamesTheMergeWhoseTokenIsMissing) {
  absl::StatusOr<BpeModel> model =
      BpeModel::Create(MakeVocabulary({"a", "b", "ab"}), {{"a", "b"}, {"ab", "a"}}, {});
  EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(model.status().message()),
              HasSubstr("merge 1 (\"ab\", \"a\") needs the token \"aba\""));
}

// Merges as the definition says: looks at all pairs for each merge.
std::vector<std::string> MergedByDefinition(const std::string& text, const Merges& merges) {
  std::map<std::pair<std::string, std::string>, size_t> ranks;
  for (size_t i = 0; i < merges.size(); ++i) ranks[merges[i]] = i;
  std::vector<std::string> parts;
  for (char byte : text) parts.emplace_back(1, byte);
  while (true) {
    size_t best = merges.size(), place = 0;
    for (size_t i = 0; i + 1 < parts.size(); ++i) {
      auto entry = ranks.find({parts[i], parts[i + 1]});
      if (entry != ranks.end() && entry->second < best) {
        best = entry->second;
        place = i;
      }
    }
    if (best == merges.size()) return parts;
    parts[place] += parts[place + 1];
    parts.erase(parts.begin() + static_cast<ptrdiff_t>(place) + 1);
  }
}

TEST(BpeModel, ShortAndLongPiecesAreMergedAsTheDefinitionSays) {
  std::mt19937 random(3);
  for (int round = 0; round < 60; ++round) {
    std::vector<std::string> tokens = {"a", "b", "c"};
    Merges merges;
    for (int i = 0; i < 40; ++i) {
      const std::string left = tokens[random() % tokens.size()];
      const std::string right = tokens[random() % tokens.size()];
      if (std::find(tokens.begin(), tokens.end(), left + right) == tokens.end()) {
        tokens.push_back(left + right);
      }
      merges.emplace_back(left, right);
    }
    std::shuffle(merges.begin(), merges.end(), random);
    const BpeModel model = MakeModel(tokens, merges);
    for (size_t size : {1u, 2u, 3u, 7u, 30u, 128u, 129u, 600u}) {
      std::string text;
      for (size_t i = 0; i < size; ++i) text += "abc"[random() % 3];
      std::vector<std::string> parts;
      for (int32_t id : Tokens(model, text)) parts.emplace_back(model.IdToToken(id));
      ASSERT_EQ(parts, MergedByDefinition(text, merges)) << text;
    }
  }
}

TEST(BpeModel, ALongWordTakesNoQuadraticTime) {
  Merges merges;
  std::vector<std::string> tokens = {"a"};
  for (int i = 0; i < 10; ++i) {
    merges.emplace_back(tokens.back(), tokens.back());
    tokens.push_back(tokens.back() + tokens.back());
  }
  const BpeModel model = MakeModel(tokens, merges);
  EXPECT_EQ(Tokens(model, std::string(1 << 20, 'a')), std::vector<int32_t>(1 << 10, 10));
}

TEST(ByteAlphabet, HasOneCharacterForEachByte) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string bytes(1, static_cast<char>(byte));
    EXPECT_EQ(BytesOfWritten(WrittenBytes(bytes)), bytes);
  }
  EXPECT_EQ(WrittenBytes(" \n\u00E9"), "ĠĊÃ©");
  EXPECT_EQ(BytesOfWritten("a b"), std::nullopt);
  EXPECT_EQ(BytesOfWritten("\u0144"), std::nullopt);
  EXPECT_EQ(BytesOfWritten("\U0001F600"), std::nullopt);
}

}  // namespace
}  // namespace gyre::text
