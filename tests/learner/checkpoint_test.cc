#include "learner/checkpoint.h"

#include <signal.h>
#include <sys/resource.h>

#include <array>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_replace.h"
#include "base/digest.h"
#include "base/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "learner/checkpoint_manifest.h"
#include "learner/checkpoint_reader.h"
#include "learner/checkpoint_writer.h"
#include "model/load_parameters.h"
#include "tests/learner/temporary_folder.h"
#include "tests/model/tiny_models.h"
#include "text/countdown_tokenizer.h"
#include "weights/safetensors_writer.h"

namespace gyre::learner {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// Moments that tell which tensor and row they are of; a matrix is cut in two, as by two ranks.
class NumberedMoments final : public OptimizerState {
 public:
  explicit NumberedMoments(const model::Parameters& parameters) {
    for (const model::TensorPlace& place : parameters.layout().tensors()) {
      const int64_t half = place.is_matrix() ? place.rows() / 2 : place.rows();
      Add(place, 0, half);
      if (half < place.rows()) Add(place, half, place.rows() - half);
    }
  }
  OptimizerCounts counts() const override { return {.updates = 12, .nonfinite_in_a_row = 1}; }
  std::vector<OptimizerShard> Export() const override {
    std::vector<OptimizerShard> views;
    for (const StoredShard& shard : shards) {
      views.push_back(
          {shard.tensor, shard.first_row, shard.num_rows, shard.first_moment, shard.second_moment});
    }
    return views;
  }
  absl::Status Import(const OptimizerCounts&, absl::Span<const OptimizerShard>) override {
    return absl::UnimplementedError("not needed here");
  }

  std::vector<StoredShard> shards;

 private:
  void Add(const model::TensorPlace& place, int64_t first_row, int64_t num_rows) {
    StoredShard shard;
    shard.tensor = place.name;
    shard.first_row = first_row;
    shard.num_rows = num_rows;
    for (int64_t i = 0; i < num_rows * place.size / place.rows(); ++i) {
      shard.first_moment.push_back(static_cast<float>(place.offset + first_row) + 0.001f * i);
      shard.second_moment.push_back(1e-8f * static_cast<float>(i + 1));
    }
    shards.push_back(std::move(shard));
  }
};

class CheckpointTest : public testing::Test {
 protected:
  absl::Status Write(int64_t version, uint32_t attempt = 1) {
    const CheckpointPosition position = {
        .version = version, .stage = 1, .stage_name = "zero", .steps = 7};
    return WriteCheckpoint(run_.path(), {.position = position,
                                         .parameters = parameters_,
                                         .policy_digest = PolicyDigest(parameters_),
                                         .tokenizer_files = tokenizer_files_,
                                         .optimizer = moments_,
                                         .reference = &reference_,
                                         .attempt = attempt});
  }
  std::string Folder(int64_t version) const {
    return run_.path() + "/" + CheckpointFolder(version);
  }
  std::string Digest() const { return std::string(PolicyDigest(parameters_).bytes()); }
  std::vector<std::string> Names() const { return *base::ListFolder(run_.path() + "/checkpoints"); }

  model::Parameters Diverged() const {
    model::Parameters parameters = model::RandomParameters(model::TinyConfig(), 1);
    parameters.flat()[0] = std::numeric_limits<float>::quiet_NaN();
    return parameters;
  }

  // Changes one byte near the file's end.
  static void Damage(const std::string& path) {
    std::string bytes = *base::ReadFile(path);
    bytes[bytes.size() - 5] ^= 0x10;
    ASSERT_TRUE(base::WriteFileAtomically(path, bytes).ok());
  }

  const TemporaryFolder run_;
  const model::Parameters parameters_ = model::RandomParameters(model::TinyConfig(), 1);
  const model::Parameters reference_ = model::RandomParameters(model::TinyConfig(), 2);
  const NumberedMoments moments_{parameters_};
  const text::TokenizerFiles tokenizer_files_ = text::CountdownTokenizerFiles();
};

TEST_F(CheckpointTest, GivesBackWhatWasWritten) {
  ASSERT_TRUE(Write(12).ok());
  const absl::StatusOr<Checkpoint> read = ReadCheckpoint(Folder(12), Digest());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->position, (CheckpointPosition{12, 1, "zero", 7}));
  EXPECT_EQ(read->counts, moments_.counts());
  EXPECT_EQ(read->parameters.flat(), parameters_.flat());
  ASSERT_TRUE(read->reference.has_value());
  EXPECT_EQ(read->reference->flat(), reference_.flat());
  ASSERT_EQ(read->shards.size(), moments_.shards.size());
  for (size_t i = 0; i < read->shards.size(); ++i) {
    EXPECT_EQ(read->shards[i].tensor, moments_.shards[i].tensor);
    EXPECT_EQ(read->shards[i].first_row, moments_.shards[i].first_row);
    EXPECT_EQ(read->shards[i].first_moment, moments_.shards[i].first_moment);
    EXPECT_EQ(read->shards[i].second_moment, moments_.shards[i].second_moment);
  }
  const absl::StatusOr<model::Parameters> weights = ReadParameters(Folder(12));
  ASSERT_TRUE(weights.ok()) << weights.status();
  EXPECT_EQ(weights->flat(), parameters_.flat());
}

TEST_F(CheckpointTest, HasTheFilesOfAHuggingFaceFolder) {
  ASSERT_TRUE(Write(12).ok());
  const std::vector<std::string> names = *base::ListFolder(Folder(12));
  for (const char* name : {"config.json", "generation_config.json", "model.safetensors",
                           "tokenizer.json", "tokenizer_config.json"}) {
    EXPECT_THAT(names, Contains(name));
  }
  EXPECT_THAT(Names(), ElementsAre("step-12"));
}

TEST_F(CheckpointTest, NamesTheDamagedFileAndTensorAndWhatToDo) {
  for (const char* name :
       {"model.safetensors", "optimizer-00000.safetensors", "reference.safetensors"}) {
    ASSERT_TRUE(Write(12).ok());
    Damage(Folder(12) + "/" + name);
    const absl::Status status = ReadCheckpoint(Folder(12), Digest()).status();
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr(Folder(12) + "/" + name), HasSubstr("tensor "),
                      HasSubstr("start_from"), Not(HasSubstr("\n"))));
  }
}

TEST_F(CheckpointTest, RefusesFilesThatAreCutOffOrMissing) {
  for (const char* name : {"model.safetensors", "optimizer-00000.safetensors",
                           "reference.safetensors", "manifest.json", "config.json"}) {
    ASSERT_TRUE(Write(12).ok());
    const std::string path = Folder(12) + "/" + name;
    const std::string bytes = *base::ReadFile(path);
    ASSERT_TRUE(base::WriteFileAtomically(path, bytes.substr(0, bytes.size() / 2)).ok());
    absl::Status status = ReadCheckpoint(Folder(12), Digest()).status();
    EXPECT_TRUE(absl::IsDataLoss(status)) << name << ": " << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(name));
    ASSERT_TRUE(base::RemoveAll(path).ok());
    status = ReadCheckpoint(Folder(12), Digest()).status();
    EXPECT_TRUE(absl::IsDataLoss(status)) << name << ": " << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(name));
  }
  EXPECT_TRUE(absl::IsNotFound(ReadCheckpoint(Folder(13), "").status()));
}

TEST_F(CheckpointTest, RefusesFilesWithoutTensorsThatWereChanged) {
  for (const auto& [name, from, to] : std::vector<std::array<std::string, 3>>{
           {"manifest.json", "\"updates\": 12", "\"updates\": 18"},
           {"manifest.json", "\"nonfinite_in_a_row\": 1", "\"nonfinite_in_a_row\": 0"},
           {"config.json", "\"rope_theta\": 10000", "\"rope_theta\": 20000"},
           {"tokenizer.json", "<eos>", "<eot>"}}) {
    ASSERT_TRUE(Write(12).ok());
    const std::string path = Folder(12) + "/" + name;
    const std::string bytes = *base::ReadFile(path);
    const std::string changed = absl::StrReplaceAll(bytes, {{from, to}});
    ASSERT_NE(changed, bytes) << name << " has no " << from;
    ASSERT_TRUE(base::WriteFileAtomically(path, changed).ok());
    for (const absl::Status& status :
         {ReadCheckpoint(Folder(12), Digest()).status(), ReadParameters(Folder(12)).status()}) {
      EXPECT_TRUE(absl::IsDataLoss(status)) << status;
      EXPECT_THAT(std::string(status.message()),
                  AllOf(HasSubstr(path), HasSubstr("another SHA-256"), HasSubstr("start_from")));
    }
  }
}

TEST_F(CheckpointTest, RefusesTensorsThatTheManifestDoesNotName) {
  ASSERT_TRUE(Write(12).ok());
  std::vector<weights::F32Tensor> tensors = model::TensorsOf(reference_);
  const float more = 1;
  tensors.push_back({"more", {1}, &more});
  const std::string path = Folder(12) + "/reference.safetensors";
  ASSERT_TRUE(weights::WriteSafetensors(path, tensors).ok());
  const absl::Status status = ReadCheckpoint(Folder(12), Digest()).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr(path), HasSubstr("does not name")));
}

TEST_F(CheckpointTest, RefusesWeightsOtherThanTheLedgerNames) {
  ASSERT_TRUE(Write(12).ok());
  const std::string other(PolicyDigest(reference_).bytes());
  const absl::Status status = ReadCheckpoint(Folder(12), other).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("not the one that the ledger names"));
}

TEST_F(CheckpointTest, WeightsThatAreNoNumbersAreNotWritten) {
  ASSERT_TRUE(Write(11).ok());
  const model::Parameters diverged = Diverged();
  const CheckpointPosition position = {.version = 12, .stage = 1, .stage_name = "zero", .steps = 7};
  const absl::Status refused =
      WriteCheckpoint(run_.path(), {.position = position,
                                    .parameters = diverged,
                                    .policy_digest = PolicyDigest(diverged),
                                    .tokenizer_files = tokenizer_files_,
                                    .optimizer = moments_});
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()),
              AllOf(HasSubstr(diverged.layout().tensors()[0].name), HasSubstr("version 12"),
                    HasSubstr("diverged")));
  EXPECT_THAT(Names(), ElementsAre("step-11"));
}

TEST_F(CheckpointTest, WeightsThatWereNoNumbersWhenTheyWereWrittenAreNoDamage) {
  ASSERT_TRUE(Write(12).ok());
  const model::Parameters diverged = Diverged();
  const std::vector<weights::F32Tensor> tensors = model::TensorsOf(diverged);
  ASSERT_TRUE(weights::WriteSafetensors(Folder(12) + "/model.safetensors", tensors).ok());
  const std::string manifest_path = Folder(12) + "/" + kCheckpointManifestFile;
  CheckpointManifest manifest = *ParseCheckpointManifest(*base::ReadFile(manifest_path));
  for (const model::TensorPlace& place : diverged.layout().tensors()) {
    base::Sha256 digest;
    digest.Update(diverged.flat().data() + place.offset,
                  static_cast<size_t>(place.size) * sizeof(float));
    manifest.digests["model.safetensors"][place.name] = digest.Finish();
  }
  ASSERT_TRUE(base::WriteFileAtomically(manifest_path, ToJson(manifest)).ok());
  const absl::Status refused = ReadCheckpoint(Folder(12), "").status();
  EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()),
              AllOf(HasSubstr(Folder(12) + "/model.safetensors"),
                    HasSubstr(diverged.layout().tensors()[0].name), HasSubstr("diverged"),
                    Not(HasSubstr("from a copy"))));
}

TEST_F(CheckpointTest, ReplacesOneThatTheLedgerDoesNotKnow) {
  ASSERT_TRUE(Write(12).ok());
  Damage(Folder(12) + "/model.safetensors");
  ASSERT_TRUE(base::WriteFileAtomically(Folder(12) + "/stale", "x").ok());
  ASSERT_TRUE(Write(12).ok());
  EXPECT_TRUE(ReadCheckpoint(Folder(12), Digest()).ok());
  EXPECT_FALSE(base::Exists(Folder(12) + "/stale"));
  EXPECT_THAT(Names(), ElementsAre("step-12"));
}

TEST_F(CheckpointTest, ARankOfAFormerAttemptThatWakesLateTakesNothingAway) {
  ASSERT_TRUE(Write(12, 1).ok());
  // As attempt 1 left it before the rename: whole, but under its unfinished name.
  ASSERT_TRUE(base::Rename(Folder(12), Folder(12) + ".attempt-1.tmp").ok());
  ASSERT_TRUE(Write(12, 2).ok());
  EXPECT_THAT(Names(), ElementsAre("step-12", "step-12.attempt-1.tmp"));
  // It wakes and goes on; or its files are gone by then.
  ASSERT_TRUE(Write(12, 1).ok());
  EXPECT_TRUE(ReadCheckpoint(Folder(12), Digest()).ok());
  EXPECT_THAT(Names(), ElementsAre("step-12"));
}

TEST_F(CheckpointTest, AWriteThatFailsNamesTheFileAndLeavesNothingBehind) {
  ASSERT_TRUE(Write(11).ok());
  // As on a full disk: no file can grow past a size that some of them need.
  ASSERT_NE(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const absl::Cleanup restore = [&] { setrlimit(RLIMIT_FSIZE, &before); };
  rlimit small = before;
  small.rlim_cur = 4096;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const absl::Status status = Write(12);
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("no checkpoint of version 12 was written"),
                    HasSubstr(Folder(12) + ".attempt-1.tmp/model.safetensors")));
  EXPECT_THAT(Names(), ElementsAre("step-11"));
  EXPECT_TRUE(ReadCheckpoint(Folder(11), Digest()).ok());
}

TEST_F(CheckpointTest, RemovesWhatAKilledLearnerLeftHalfWritten) {
  ASSERT_TRUE(Write(12).ok());
  ASSERT_TRUE(base::CreateFolders(Folder(13) + ".attempt-1.tmp").ok());
  ASSERT_TRUE(RemoveStrayCheckpoints(run_.path(), 12).ok());
  EXPECT_THAT(Names(), ElementsAre("step-12"));
}

TEST_F(CheckpointTest, RemovesThoseOfVersionsThatTheLedgerDoesNotKnow) {
  for (const int64_t version : {8, 12, 13}) ASSERT_TRUE(Write(version).ok());
  ASSERT_TRUE(base::CreateFolders(run_.path() + "/checkpoints/of-the-user").ok());
  ASSERT_TRUE(RemoveStrayCheckpoints(run_.path(), 12).ok());
  EXPECT_THAT(Names(), ElementsAre("of-the-user", "step-12", "step-8"));
}

TEST(CheckpointManifest, RefusesAnotherFormat) {
  EXPECT_THAT(std::string(ParseCheckpointManifest(R"({"format": 7})").status().message()),
              HasSubstr("format 7"));
}

}  // namespace
}  // namespace gyre::learner
