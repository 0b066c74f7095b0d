#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "text/chat_template.h"
#include "text/tokenizer_files.h"

namespace gyre::text {

enum class UnknownTemplate {
  kRefuse,
  kGuess,  // takes the family whose marks stand in the template
};

// The family of a model's `chat_template`, which is a Jinja program: the published ones are known
// by their digest, and nothing interprets them. `bos_token` is the text of the begin token, which
// some families write. UNIMPLEMENTED: the template is none of those known
// (docs/chat_templates.md), and it has no marks to guess by, or guessing is not wanted.
absl::StatusOr<std::unique_ptr<ChatTemplate>> RecogniseChatTemplate(std::string_view source,
                                                                    std::string_view bos_token,
                                                                    UnknownTemplate unknown);

// The same for a model's files: chat_template.jinja, or tokenizer_config.json's `chat_template` (a
// string, or a list of named ones with a "default"). NOT_FOUND: the model has none, as base models
// do. Errors name the file.
absl::StatusOr<std::unique_ptr<ChatTemplate>> ChatTemplateFromFiles(const TokenizerFiles& files,
                                                                    UnknownTemplate unknown);

}  // namespace gyre::text
