#include "text/known_chat_templates.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "base/json_object.h"
#include "base/status_macros.h"
#include "text/chatml_template.h"
#include "text/deepseek_r1_template.h"
#include "text/json_fields.h"
#include "text/llama3_template.h"
#include "text/qwen3_template.h"

namespace gyre::text {
namespace {

using nlohmann::json;

enum class Family {
  kChatMl,
  kDeepSeekR1,
  kDeepSeekR1Distill,
  kLlama3,
  kLlama31,
  kQwen25,
  kQwen25Math,
  kQwen3,
  kQwen3Instruct,
  kSmolLm2,
};

constexpr char kQwen25System[] =
    "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.";
constexpr char kQwen25MathSystem[] =
    R"(Please reason step by step, and put your final answer within \boxed{}.)";
constexpr char kSmolLm2System[] =
    "You are a helpful AI assistant named SmolLM, trained by Hugging Face";

// SHA-256 of the published templates, without a line end behind them.
struct KnownTemplate {
  std::string_view digest;
  Family family;
};
constexpr KnownTemplate kKnownTemplates[] = {
    {"563b1ce7d61d50a9b4c7439a912a1116f095b712df5b5e4d3e1116049874eb64", Family::kDeepSeekR1},
    {"56a1447ad31926fdc21fb07e56e5642bd9c850c4f52d8c8af7bbe5f079a84f5f",
     Family::kDeepSeekR1Distill},
    {"ba03a121d097859c7b5b9cd03af99aafe95275210d2876f642ad9929a150f122", Family::kLlama3},
    {"93c0e9aa3629bbd77e68dbc0f5621f6e6b23aa8d74b932595cdb8d64684526d7", Family::kLlama31},
    {"d82792f95932f1c9cef5c4bd992f171225e3bf8c7b609b4557c9e1ec96be819f", Family::kLlama31},
    {"55b2f4a26ac9ee719330a61a0c39d9e538b0e9322212f048326318cff4f8674a", Family::kQwen25},
    {"2976f7de3b9489e3237dc5ad2734060f756d026da00f24464c59c2e3bb40ee37", Family::kQwen25Math},
    // As first published, and as it is now.
    {"87a2728cb8dc9fe424d624542f6060ec05a1d285ebbec578bb078900e33396b5", Family::kQwen3},
    {"a55ee1b1660128b7098723e0abcd92caa0788061051c62d51cbe87d9cf1974d8", Family::kQwen3},
    {"64f85b198065d0fba2a81f37e10ed68161ce2c19a754c7100e67e0ca2ee9c326", Family::kQwen3Instruct},
    {"872be49dbb638044ad01b60388f48d469ff2980e5f0dccdc22ec907db54d0788", Family::kSmolLm2},
};

std::optional<Family> KnownFamily(std::string_view source) {
  if (source.ends_with('\n')) source.remove_suffix(1);
  const std::string digest = base::Sha256::Of(source).ToHex();
  for (const KnownTemplate& known : kKnownTemplates) {
    if (known.digest == digest) return known.family;
  }
  return std::nullopt;
}

std::optional<Family> GuessedFamily(std::string_view source) {
  auto has = [&](std::string_view mark) { return source.find(mark) != std::string_view::npos; };
  if (has("<｜Assistant｜>") && has("<think>")) return Family::kDeepSeekR1Distill;
  if (has("<|start_header_id|>")) {
    return has("Cutting Knowledge Date") ? Family::kLlama31 : Family::kLlama3;
  }
  if (!has("<|im_start|>")) return std::nullopt;
  if (has("enable_thinking") || has("reasoning_content")) return Family::kQwen3;
  if (has(kQwen25System)) return Family::kQwen25;
  if (has(kSmolLm2System)) return Family::kSmolLm2;
  return Family::kChatMl;
}

std::unique_ptr<ChatTemplate> MakeTemplate(Family family, std::string_view bos_token) {
  const std::string bos(bos_token);
  switch (family) {
    case Family::kDeepSeekR1:
      return std::make_unique<DeepSeekR1Template>("DeepSeek-R1", bos, /*joins_systems=*/true);
    case Family::kDeepSeekR1Distill:
      return std::make_unique<DeepSeekR1Template>("DeepSeek-R1-Distill", bos,
                                                  /*joins_systems=*/false);
    case Family::kLlama3:
      return std::make_unique<Llama3Template>("Llama 3", bos, /*with_dates=*/false);
    case Family::kLlama31:
      return std::make_unique<Llama3Template>("Llama 3.1", bos, /*with_dates=*/true);
    case Family::kQwen25:
      return std::make_unique<ChatMlTemplate>("Qwen2.5", kQwen25System);
    case Family::kQwen25Math:
      return std::make_unique<ChatMlTemplate>("Qwen2.5-Math", kQwen25MathSystem);
    case Family::kQwen3:
      return std::make_unique<Qwen3Template>();
    case Family::kQwen3Instruct:
      return std::make_unique<ChatMlTemplate>("Qwen3-Instruct-2507", "");
    case Family::kSmolLm2:
      return std::make_unique<ChatMlTemplate>("SmolLM2", kSmolLm2System);
    case Family::kChatMl:
      break;
  }
  return std::make_unique<ChatMlTemplate>("ChatML", "");
}

absl::StatusOr<json> ParseConfig(const TokenizerFiles& files) {
  auto file = files.find("tokenizer_config.json");
  if (file == files.end()) return json::object();
  absl::StatusOr<json> config = base::ParseJsonObject(file->second);
  if (!config.ok()) {
    return absl::Status(config.status().code(),
                        absl::StrCat("tokenizer_config.json: ", config.status().message()));
  }
  return config;
}

// Empty: none.
absl::StatusOr<std::string> ConfiguredTemplate(const json& config) {
  const json* value = base::FindField(config, "chat_template");
  if (value == nullptr) return std::string();
  if (value->is_array()) {
    for (const json& entry : *value) {
      if (entry.is_object() && entry.value("name", json()) == "default") {
        return StringField(entry, "template", "tokenizer_config.json");
      }
    }
  }
  return StringField(config, "chat_template", "tokenizer_config.json");
}

std::string BosToken(const json& config) {
  const json* value = base::FindField(config, "bos_token");
  if (value != nullptr && value->is_object()) value = base::FindField(*value, "content");
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

}  // namespace

absl::StatusOr<std::unique_ptr<ChatTemplate>> RecogniseChatTemplate(std::string_view source,
                                                                    std::string_view bos_token,
                                                                    UnknownTemplate unknown) {
  std::optional<Family> family = KnownFamily(source);
  if (!family.has_value() && unknown == UnknownTemplate::kGuess) family = GuessedFamily(source);
  if (!family.has_value()) {
    return absl::UnimplementedError(
        "the chat template is none of those that are known, and templates are not interpreted");
  }
  return MakeTemplate(*family, bos_token);
}

absl::StatusOr<std::unique_ptr<ChatTemplate>> ChatTemplateFromFiles(const TokenizerFiles& files,
                                                                    UnknownTemplate unknown) {
  GYRE_ASSIGN_OR_RETURN(const json config, ParseConfig(files));
  std::string where = "chat_template.jinja", source;
  auto file = files.find(where);
  if (file != files.end()) {
    source = file->second;
  } else {
    where = "tokenizer_config.json";
    GYRE_ASSIGN_OR_RETURN(source, ConfiguredTemplate(config));
  }
  if (source.empty()) return absl::NotFoundError("the model has no chat template");
  absl::StatusOr<std::unique_ptr<ChatTemplate>> chat_template =
      RecogniseChatTemplate(source, BosToken(config), unknown);
  if (!chat_template.ok()) {
    return absl::Status(chat_template.status().code(),
                        absl::StrCat(where, ": ", chat_template.status().message()));
  }
  return chat_template;
}

}  // namespace gyre::text
