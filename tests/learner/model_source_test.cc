#include "learner/model_source.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/load_parameters.h"
#include "tests/learner/small_run.h"
#include "tests/learner/temporary_folder.h"
#include "text/countdown_tokenizer.h"
#include "weights/hf_folder_writer.h"

namespace gyre::learner {
namespace {

using testing::HasSubstr;

TEST(ModelSource, MakesANewModelFromTheRunsSeed) {
  RunSpec spec = SmallRun();
  const auto source = ModelSource::Open(spec);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ(source->config().vocab_size, 119);
  EXPECT_EQ(source->tokenizer_files(), text::CountdownTokenizerFiles());
  const auto parameters = source->FirstParameters();
  EXPECT_EQ(parameters->flat(), source->FirstParameters()->flat());
  spec.set_seed(6);
  EXPECT_NE(parameters->flat(), ModelSource::Open(spec)->FirstParameters()->flat());
}

TEST(ModelSource, ReadsAHuggingFaceFolderAndRefusesOneOfAnotherShape) {
  const TemporaryFolder folder;
  RunSpec spec = SmallRun();
  const auto made = ModelSource::Open(spec);
  const auto parameters = made->FirstParameters();
  ASSERT_TRUE(weights::WriteHfFolder(folder.path(), made->config(), model::TensorsOf(*parameters),
                                     made->tokenizer_files())
                  .ok());
  RunSpec from_folder = spec;
  from_folder.mutable_model()->clear_new_();
  from_folder.mutable_model()->set_path(folder.path());
  const auto read = ModelSource::Open(from_folder);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->FirstParameters()->flat(), parameters->flat());
  EXPECT_EQ(read->tokenizer_files(), made->tokenizer_files());

  spec.mutable_model()->mutable_new_()->set_num_layers(3);
  const absl::Status status = ModelSource::Open(spec)->ReadParametersOf(folder.path()).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(folder.path()));
  from_folder.mutable_model()->set_path(folder.path() + "/nothing");
  EXPECT_THAT(std::string(ModelSource::Open(from_folder).status().message()),
              HasSubstr(folder.path() + "/nothing"));
}

}  // namespace
}  // namespace gyre::learner
