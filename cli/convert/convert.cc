#include "cli/convert/convert.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "spec/model_tokenizer.h"
#include "weights/expected_tensors.h"
#include "weights/hf_folder_writer.h"
#include "weights/stored_model.h"

namespace gyre::cli {
namespace {

// Reads a model's tensors one after the other, for the writer.
class TensorReader {
 public:
  explicit TensorReader(const weights::StoredModel& model)
      : model_(model), tensors_(weights::ExpectedTensors(model.config())) {
    done_.all_tensors = tensors_.size();
  }

  absl::StatusOr<std::span<const float>> Read(size_t i) {
    size_t size = 1;
    for (const int64_t dimension : tensors_[i].shape) size *= static_cast<size_t>(dimension);
    values_.resize(size);
    GYRE_RETURN_IF_ERROR(model_.CopyTensor(tensors_[i].name, values_));
    if (!std::all_of(values_.begin(), values_.end(), [](float x) { return std::isfinite(x); })) {
      return absl::InvalidArgumentError(
          absl::StrCat("tensor ", tensors_[i].name, " has elements that are not finite numbers"));
    }
    done_.parameters += size;
    ++done_.tensors;
    return std::span<const float>(values_);
  }

  const Converted& done() const { return done_; }

 private:
  const weights::StoredModel& model_;
  const std::vector<weights::NamedShape> tensors_;
  std::vector<float> values_;
  Converted done_;
};

std::string WithoutSlashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

}  // namespace

absl::StatusOr<Converted> Convert(const ConvertOptions& options,
                                  absl::FunctionRef<void(const Converted&)> progress) {
  const std::string out = WithoutSlashes(options.out);
  if (base::Exists(out)) {
    return absl::AlreadyExistsError(
        absl::StrCat(out, " is there already; name a folder that is not"));
  }
  GYRE_ASSIGN_OR_RETURN(const std::unique_ptr<weights::StoredModel> model,
                        weights::OpenModel(options.model));
  GYRE_ASSIGN_OR_RETURN(const text::TokenizerFiles tokenizer_files,
                        spec::ReadModelTokenizerFiles(options.model));
  TensorReader reader(*model);
  const std::string unfinished = out + ".unfinished";
  GYRE_RETURN_IF_ERROR(base::RemoveAll(unfinished));  // of one that was killed
  absl::Status written = weights::WriteHfFolder(
      unfinished, model->config(),
      [&](size_t i) -> absl::StatusOr<std::span<const float>> {
        absl::StatusOr<std::span<const float>> values = reader.Read(i);
        if (!values.ok()) {
          return absl::Status(values.status().code(),
                              absl::StrCat(options.model, ": ", values.status().message()));
        }
        progress(reader.done());
        return values;
      },
      tokenizer_files, weights::kMostShardBytes);
  if (written.ok()) written = base::SyncFolder(unfinished);
  if (written.ok()) written = base::Rename(unfinished, out);
  if (written.ok()) return reader.done();
  (void)base::RemoveAll(unfinished);
  return written;
}

}  // namespace gyre::cli
