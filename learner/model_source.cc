#include "learner/model_source.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "learner/checkpoint_reader.h"
#include "spec/model_shape.h"
#include "spec/model_tokenizer.h"
#include "text/countdown_tokenizer.h"
#include "text/load_tokenizer.h"

namespace gyre::learner {
namespace {

absl::StatusOr<text::TokenizerFiles> ReadFiles(const ModelSpec& model) {
  if (!model.has_new_()) return spec::ReadModelTokenizerFiles(model.path());
  if (model.new_().tokenizer() == "countdown") return text::CountdownTokenizerFiles();
  return text::ReadTokenizerFiles(model.new_().tokenizer());
}

}  // namespace

absl::StatusOr<ModelSource> ModelSource::Open(const RunSpec& spec) {
  ModelSource source;
  source.spec_ = spec.model();
  source.seed_ = spec.seed();
  GYRE_ASSIGN_OR_RETURN(source.config_, spec::ModelShape(spec.model()));
  GYRE_ASSIGN_OR_RETURN(source.tokenizer_files_, ReadFiles(spec.model()));
  GYRE_ASSIGN_OR_RETURN(source.tokenizer_, text::TokenizerFromFiles(source.tokenizer_files_));
  return source;
}

absl::StatusOr<model::Parameters> ModelSource::FirstParameters() const {
  if (spec_.has_new_()) return model::Parameters::FromSeed(config_, seed_);
  return ReadParametersOf(spec_.path());
}

absl::StatusOr<model::Parameters> ModelSource::ReadParametersOf(const std::string& folder) const {
  GYRE_ASSIGN_OR_RETURN(model::Parameters parameters, ReadParameters(folder));
  if (!(parameters.config() == config_)) {
    return absl::InvalidArgumentError(
        absl::StrCat(folder,
                     ": config.json is not that of the run's model; a stage can start only "
                     "from weights of the same shape and tokens"));
  }
  return parameters;
}

}  // namespace gyre::learner
