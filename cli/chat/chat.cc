#include "cli/chat/chat.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cli/chat/console.h"
#include "cli/chat/conversation.h"
#include "cli/chat/session.h"
#include "engine/engine_driver.h"
#include "engine/policy.h"
#include "kernels/kv_layout.h"
#include "model/load_network.h"
#include "spec/model_tokenizer.h"
#include "text/known_chat_templates.h"
#include "weights/stored_model.h"

namespace gyre::cli {
namespace {

absl::StatusOr<std::shared_ptr<const text::ChatTemplate>> LoadTemplate(const ChatOptions& options) {
  GYRE_ASSIGN_OR_RETURN(const text::TokenizerFiles files,
                        spec::ReadModelTokenizerFiles(options.model));
  const auto unknown =
      options.guesses_template ? text::UnknownTemplate::kGuess : text::UnknownTemplate::kRefuse;
  absl::StatusOr<std::unique_ptr<text::ChatTemplate>> found =
      text::ChatTemplateFromFiles(files, unknown);
  if (found.ok()) return std::shared_ptr<const text::ChatTemplate>(*std::move(found));
  absl::string_view what_to_do;
  if (absl::IsNotFound(found.status())) what_to_do = "; it continues texts: see gyre generate";
  if (absl::IsUnimplemented(found.status()) && !options.guesses_template)
    what_to_do = "; --guess-template takes the family that it looks like";
  return absl::Status(found.status().code(),
                      absl::StrCat(options.model, ": ", found.status().message(), what_to_do));
}

// The positions that a conversation may take, by the model and by the cache.
absl::StatusOr<ChatRoom> RoomOf(const ChatOptions& options, const model::PackedNetwork& network) {
  const int64_t block_bytes =
      network.FloatsPerBlockOfAllLayers() * static_cast<int64_t>(sizeof(float));
  const int64_t cached = options.kv_memory_bytes / block_bytes * kernels::kBlockTokens;
  const int64_t positions = network.config().max_positions;
  if (cached >= positions)
    return ChatRoom{positions, absl::StrCat("the model has ", positions, " positions")};
  if (cached < 1) return absl::InvalidArgumentError("--kv-memory-mib holds not even one block");
  return ChatRoom{cached, absl::StrCat("--kv-memory-mib holds ", cached, " positions")};
}

}  // namespace

absl::Status Chat(const ChatOptions& options, base::SignalWaiter& signals) {
  GYRE_RETURN_IF_ERROR(engine::CheckSampling(options.sampling));
  GYRE_ASSIGN_OR_RETURN(auto chat_template, LoadTemplate(options));
  GYRE_ASSIGN_OR_RETURN(std::shared_ptr<const text::Tokenizer> tokenizer,
                        spec::LoadModelTokenizer(options.model));
  GYRE_ASSIGN_OR_RETURN(Conversation conversation,
                        Conversation::Create(tokenizer, std::move(chat_template), options.system));
  GYRE_ASSIGN_OR_RETURN(const auto stored, weights::OpenModel(options.model));
  GYRE_ASSIGN_OR_RETURN(model::PackedNetwork network, model::LoadNetwork(*stored));
  GYRE_ASSIGN_OR_RETURN(const ChatRoom room, RoomOf(options, network));
  engine::EngineDriver driver({.config = network.config(),
                               .max_sequences = 1,
                               .kv_blocks = kernels::BlocksOf(room.positions),
                               .threads = options.threads});
  GYRE_RETURN_IF_ERROR(
      driver.Install(std::make_shared<engine::Policy>(engine::Policy{{}, std::move(network)})));
  Console console(signals, options.with_colours);
  ChatSession session({.max_tokens = options.max_tokens,
                       .sampling = options.sampling,
                       .seed = options.seed,
                       .room = room},
                      std::move(tokenizer), std::move(conversation), driver, console);
  return session.Run();
}

}  // namespace gyre::cli
