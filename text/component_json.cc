#include "text/component_json.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/json_object.h"
#include "base/status_macros.h"
#include "text/byte_level_decoder.h"
#include "text/component_list.h"
#include "text/fuse_decoder.h"
#include "text/json_fields.h"
#include "text/nfc_normalizer.h"

namespace gyre::text {
namespace {

using nlohmann::json;

constexpr char kNormalizer[] = "normalizer";
constexpr char kPostProcessor[] = "post_processor";
constexpr char kDecoder[] = "decoder";
constexpr size_t kMostFrameTokens = 1024;

absl::StatusOr<AddedToken> ParseAddedToken(const json& entry, const std::string& where) {
  if (!entry.is_object()) return WrongField(where, "must be an object");
  GYRE_RETURN_IF_ERROR(CheckKeys(
      entry, {"id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"}, where));
  AddedToken token;
  GYRE_ASSIGN_OR_RETURN(token.content, StringField(entry, "content", where));
  const json* id = base::FindField(entry, "id");
  if (id == nullptr) return WrongField(where, "has no id");
  GYRE_ASSIGN_OR_RETURN(token.id, TokenId(*id, where));
  GYRE_ASSIGN_OR_RETURN(token.special, BoolFieldOr(entry, "special", false, where));
  GYRE_ASSIGN_OR_RETURN(token.normalized, BoolFieldOr(entry, "normalized", !token.special, where));
  GYRE_ASSIGN_OR_RETURN(token.single_word, BoolFieldOr(entry, "single_word", false, where));
  GYRE_ASSIGN_OR_RETURN(token.lstrip, BoolFieldOr(entry, "lstrip", false, where));
  GYRE_ASSIGN_OR_RETURN(token.rstrip, BoolFieldOr(entry, "rstrip", false, where));
  return token;
}

// Appends the ids of a template's special token.
absl::Status AppendSpecialToken(const json& processor, const json& part,
                                std::vector<int32_t>* ids) {
  GYRE_ASSIGN_OR_RETURN(std::string name, StringField(part, "id", kPostProcessor));
  const json* all = base::FindField(processor, "special_tokens");
  const json* token = all == nullptr ? nullptr : base::FindField(*all, name.c_str());
  const json* list = token == nullptr ? nullptr : base::FindField(*token, "ids");
  if (list == nullptr || !list->is_array()) {
    return WrongField(kPostProcessor,
                      absl::StrCat("\"special_tokens\" has no ids of \"", name, "\""));
  }
  for (const json& id : *list) {
    if (ids->size() == kMostFrameTokens) {
      return WrongField(kPostProcessor,
                        absl::StrCat("puts more than ", kMostFrameTokens, " tokens beside a text"));
    }
    GYRE_ASSIGN_OR_RETURN(ids->emplace_back(), TokenId(id, kPostProcessor));
  }
  return absl::OkStatus();
}

// What the template puts around one text.
absl::StatusOr<FrameTokens> ParseTemplate(const json& processor) {
  GYRE_RETURN_IF_ERROR(
      CheckKeys(processor, {"type", "single", "pair", "special_tokens"}, kPostProcessor));
  const json* single = base::FindField(processor, "single");
  if (single == nullptr || !single->is_array()) {
    return WrongField(kPostProcessor, "\"single\" must be a list");
  }
  FrameTokens frame;
  bool behind_text = false;
  for (const json& part : *single) {
    const json* special = part.is_object() ? base::FindField(part, "SpecialToken") : nullptr;
    if (special != nullptr && special->is_object()) {
      GYRE_RETURN_IF_ERROR(
          AppendSpecialToken(processor, *special, behind_text ? &frame.after : &frame.before));
    } else if (part.is_object() && base::FindField(part, "Sequence") != nullptr && !behind_text) {
      behind_text = true;
    } else {
      return WrongField(kPostProcessor,
                        "\"single\" must hold special tokens and the text itself, once");
    }
  }
  if (!behind_text) return WrongField(kPostProcessor, "\"single\" leaves the text out");
  return frame;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Normalizer>> ParseNormalizer(const json* value) {
  GYRE_ASSIGN_OR_RETURN(const std::vector<Component> components,
                        ListComponents(value, "normalizers", kNormalizer));
  std::unique_ptr<Normalizer> normalizer;
  for (const Component& component : components) {
    if (component.type != "NFC") return Unsupported(kNormalizer, component.type);
    GYRE_RETURN_IF_ERROR(CheckKeys(*component.value, {"type"}, kNormalizer));
    normalizer = std::make_unique<NfcNormalizer>();  // a second time changes nothing
  }
  return normalizer;
}

absl::StatusOr<AddedTokens> ParseAddedTokens(const json* value, const Normalizer* normalizer) {
  std::vector<AddedToken> tokens;
  if (value != nullptr && !value->is_array()) return WrongField("added_tokens", "must be a list");
  for (size_t i = 0; value != nullptr && i < value->size(); ++i) {
    GYRE_ASSIGN_OR_RETURN(tokens.emplace_back(),
                          ParseAddedToken((*value)[i], absl::StrCat("added_tokens[", i, "]")));
  }
  return AddedTokens::Create(std::move(tokens), normalizer);
}

absl::StatusOr<FrameTokens> ParsePostProcessor(const json* value) {
  GYRE_ASSIGN_OR_RETURN(const std::vector<Component> components,
                        ListComponents(value, "processors", kPostProcessor));
  FrameTokens frame;
  for (const Component& component : components) {
    if (component.type == "ByteLevel") continue;  // about offsets in the text only
    if (component.type != "TemplateProcessing") return Unsupported(kPostProcessor, component.type);
    GYRE_ASSIGN_OR_RETURN(FrameTokens outer, ParseTemplate(*component.value));
    frame.before.insert(frame.before.begin(), outer.before.begin(), outer.before.end());
    frame.after.insert(frame.after.end(), outer.after.begin(), outer.after.end());
  }
  return frame;
}

absl::StatusOr<std::unique_ptr<TokenDecoder>> ParseDecoder(const json* value) {
  if (value == nullptr) return Unsupported(kDecoder, "none");
  GYRE_ASSIGN_OR_RETURN(const std::vector<Component> components,
                        ListComponents(value, "decoders", kDecoder));
  std::unique_ptr<TokenDecoder> decoder;
  for (const Component& component : components) {
    if (component.type == "Fuse") {
      // Behind another one there is only one token left to fuse.
      if (decoder == nullptr) decoder = std::make_unique<FuseDecoder>();
    } else if (component.type == "ByteLevel" && decoder == nullptr) {
      decoder = std::make_unique<ByteLevelDecoder>();
    } else {
      return Unsupported(kDecoder, component.type + (decoder == nullptr ? "" : " behind another"));
    }
  }
  if (decoder == nullptr) decoder = std::make_unique<FuseDecoder>();
  return decoder;
}

}  // namespace gyre::text
