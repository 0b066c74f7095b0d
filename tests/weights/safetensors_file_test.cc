#include "weights/safetensors_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "absl/cleanup/cleanup.h"
#include "base/file.h"
#include "weights/float_values.h"
#include "weights/safetensors_writer.h"

namespace gyre::weights {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<float> kValues = {1, 2, 3, 4, 5, 6};

class Safetensors : public testing::Test {
 protected:
  Safetensors() { EXPECT_TRUE(base::RemoveAll(path_).ok()); }

  std::string path_ = testing::TempDir() + "/safetensors_file_test.safetensors";
};

TEST_F(Safetensors, ReadsBackWhatItWrote) {
  ASSERT_TRUE(WriteSafetensors(path_, {{"b", {2, 3}, kValues.data()},
                                       {"a", {}, kValues.data() + 5},
                                       {"none", {0, 7}, nullptr}})
                  .ok());
  absl::StatusOr<SafetensorsFile> opened = SafetensorsFile::Open(path_);
  ASSERT_TRUE(opened.ok()) << opened.status();
  const SafetensorsFile file = *std::move(opened);  // views hold when the file moves
  EXPECT_THAT(file.metadata(), ElementsAre(testing::Pair("format", "pt")));
  ASSERT_EQ(file.tensors().size(), 3u);
  const TensorView* b = file.Find("b");
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(b->dtype, DType::kF32);
  EXPECT_THAT(b->shape, ElementsAre(2, 3));
  std::vector<float> values(6);
  ASSERT_TRUE(CopyAsFloat(*b, values).ok());
  EXPECT_EQ(values, kValues);
  EXPECT_THAT(file.Find("a")->shape, ElementsAre());
  EXPECT_EQ(file.Find("none")->bytes.size(), 0u);
  EXPECT_EQ(file.Find("c"), nullptr);
}

TEST_F(Safetensors, BytesDoNotDependOnTheOrderOfTheTensors) {
  const F32Tensor a{"a", {2}, kValues.data()}, b{"b", {3}, kValues.data() + 1};
  ASSERT_TRUE(WriteSafetensors(path_, {a, b}).ok());
  const std::string bytes = *base::ReadFile(path_);
  ASSERT_TRUE(WriteSafetensors(path_, {b, a}).ok());
  EXPECT_EQ(*base::ReadFile(path_), bytes);
  EXPECT_EQ((bytes.size() - 5 * sizeof(float)) % 8, 0u) << "the data is aligned";
}

TEST_F(Safetensors, WriterRefusesNamesAndShapesThatCannotBe) {
  auto error = [&](std::vector<F32Tensor> tensors) {
    absl::Status status = WriteSafetensors(path_, std::move(tensors));
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  };
  EXPECT_THAT(error({{"a", {1}, kValues.data()}, {"a", {1}, kValues.data()}}),
              HasSubstr("\"a\" is given twice"));
  EXPECT_THAT(error({{"", {1}, kValues.data()}}), HasSubstr("cannot name"));
  EXPECT_THAT(error({{"__metadata__", {1}, kValues.data()}}), HasSubstr("cannot name"));
  EXPECT_THAT(error({{"\xFF", {1}, kValues.data()}}), HasSubstr("cannot name"));
  EXPECT_THAT(error({{"a", {-1}, kValues.data()}}), HasSubstr("impossible shape"));
  EXPECT_THAT(error({{"a", {int64_t{1} << 40, int64_t{1} << 40}, nullptr}}),
              HasSubstr("impossible shape"));
  EXPECT_FALSE(base::Exists(path_));
}

// A limit on the size of files stops the writer half-way, as a full disk does.
TEST_F(Safetensors, AFileThatDoesNotFitLeavesTheOldOne) {
  ASSERT_TRUE(WriteSafetensors(path_, {{"old", {6}, kValues.data()}}).ok());
  const std::string old = *base::ReadFile(path_);
  const std::vector<float> large(1 << 16, 1.0f);

  struct rlimit unlimited;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &unlimited), 0);
  struct rlimit limited = unlimited;
  limited.rlim_cur = 100'000;
  auto* const previous = signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limited), 0);
  const absl::Status status = WriteSafetensors(path_, {{"new", {1 << 16}, large.data()}});
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
  signal(SIGXFSZ, previous);

  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
  EXPECT_EQ(*base::ReadFile(path_), old);
  EXPECT_FALSE(base::Exists(path_ + ".tmp"));
}

TEST_F(Safetensors, ReaderNamesTheFile) {
  absl::Status missing = SafetensorsFile::Open(path_).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.message()), HasSubstr(path_));
  ASSERT_TRUE(base::WriteFileAtomically(path_, "").ok());
  EXPECT_THAT(std::string(SafetensorsFile::Open(path_).status().message()),
              HasSubstr(path_ + ": is cut off"));
  EXPECT_THAT(std::string(SafetensorsFile::Open(testing::TempDir()).status().message()),
              HasSubstr("not a regular file"));
  const std::string pipe = path_ + ".pipe";
  ASSERT_TRUE(base::RemoveAll(pipe).ok());
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(std::string(SafetensorsFile::Open(pipe).status().message()),
              HasSubstr("not a regular file"));
}

}  // namespace
}  // namespace gyre::weights
