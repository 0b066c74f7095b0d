#include "engine/stop_strings.h"

#include "engine/engine.h"
#include "tests/engine/tiny_policies.h"

namespace gyre::engine {
namespace {

// Token i is a letter, once to three times: "a", "bb", "ccc", "d", "ee", "fff" …
class Letters : public text::Tokenizer {
 public:
  absl::StatusOr<std::vector<int32_t>> Encode(std::string_view) const override {
    return absl::UnimplementedError("not needed");
  }
  std::string Decode(absl::Span<const int32_t> token_ids,
                     text::SpecialTokens special) const override {
    std::string text;
    for (const int32_t id : token_ids) AppendBytes(id, special, &text);
    return text;
  }
  void AppendBytes(int32_t id, text::SpecialTokens, std::string* bytes) const override {
    bytes->append(static_cast<size_t>(id % 3 + 1), static_cast<char>('a' + id % 26));
  }
  const text::FrameTokens& frame_tokens() const override { return no_frame_; }
  int32_t vocabulary_size() const override { return 37; }
  std::optional<int32_t> TokenToId(std::string_view) const override { return std::nullopt; }
  std::optional<int32_t> bos_id() const override { return std::nullopt; }
  const std::vector<int32_t>& eos_ids() const override { return no_ids_; }

 private:
  const std::vector<int32_t> no_ids_;
  const text::FrameTokens no_frame_;
};

std::shared_ptr<const StopStrings> Stop(std::vector<std::string> strings) {
  auto stop = StopStrings::Create(std::move(strings), std::make_shared<Letters>());
  EXPECT_TRUE(stop.ok());
  return *std::move(stop);
}

TEST(StopStrings, EndWithTheTokenThatCompletesOne) {
  const auto stop = Stop({"abbc", "fff"});  // "a" "bb" "ccc" "d" "ee" "fff"
  const std::vector<int32_t> tokens = {25, 3, 0, 1, 2};
  for (size_t length = 1; length <= tokens.size(); ++length)
    EXPECT_EQ(stop->Ends(absl::MakeConstSpan(tokens).first(length)), length == 5) << length;
  EXPECT_TRUE(stop->Ends({5}));
  EXPECT_FALSE(stop->Ends({4}));
}

TEST(StopStrings, TextBeforeTheFirstOfThemIsKept) {
  const auto stop = Stop({"<end>", "\n\n"});
  EXPECT_EQ(stop->Before("one\n\ntwo<end>"), "one");
  EXPECT_EQ(stop->Before("one\ntwo<end>\n\n"), "one\ntwo");
  EXPECT_EQ(stop->Before("one<end"), "one<end");
  EXPECT_EQ(stop->Before(""), "");
}

TEST(StopStrings, AreRefusedIfEmpty) {
  EXPECT_FALSE(StopStrings::Create({}, std::make_shared<Letters>()).ok());
  EXPECT_FALSE(StopStrings::Create({"a", ""}, std::make_shared<Letters>()).ok());
}

TEST(StopStrings, EndSamplesOfTheEngineWhereTheirTextFirstHasOne) {
  const Letters letters;
  const auto stop = Stop({"gg", "lo"});
  Samples whole, stopped;
  for (const bool with_stop : {false, true}) {
    Engine engine({.config = model::TinyConfig(), .max_sequences = 16});
    ASSERT_TRUE(engine.InstallPolicy(TinyPolicy(1)).ok());
    for (uint64_t id = 0; id < 8; ++id) {
      GenerationRequest request = TinyRequest(id, 5, 4);
      if (with_stop) request.stop = stop;
      ASSERT_TRUE(engine.Add(request).ok());
    }
    (with_stop ? stopped : whole) = RunToEnd(engine);
  }
  int ended = 0;
  for (const auto& [key, sample] : whole) {
    const FinishedSample& other = stopped.at(key);
    size_t length = 1;
    const auto text_of = [&] {
      return letters.Decode(absl::MakeConstSpan(sample.tokens).first(length),
                            text::SpecialTokens::kKeep);
    };
    while (length < sample.tokens.size() && stop->Before(text_of()) == text_of()) ++length;
    EXPECT_EQ(other.tokens,
              std::vector<int32_t>(sample.tokens.begin(),
                                   sample.tokens.begin() + static_cast<int64_t>(length)));
    if (length == sample.tokens.size()) continue;
    EXPECT_EQ(other.finish_reason, STOP);
    ++ended;
  }
  EXPECT_GT(ended, 5);
}

}  // namespace
}  // namespace gyre::engine
