// The tokenizer of a model on disk: its files in a Hugging Face folder, or what a GGUF file says of
// it, turned into such files. The one place where weights/ (which reads GGUF) and text/ (which
// knows tokenizers) meet.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "text/tokenizer.h"
#include "text/tokenizer_files.h"

namespace gyre::spec {

// `path` as in weights::OpenModel. The errors of text::ReadTokenizerFiles, text::GgufTokenizer and
// the readers of weights/; they name the file.
absl::StatusOr<text::TokenizerFiles> ReadModelTokenizerFiles(const std::string& path);

// The same, ready for use; errors besides as text::TokenizerFromFiles.
absl::StatusOr<std::unique_ptr<text::Tokenizer>> LoadModelTokenizer(const std::string& path);

}  // namespace gyre::spec
