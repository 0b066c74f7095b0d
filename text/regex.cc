#define PCRE2_CODE_UNIT_WIDTH 8
#include "text/regex.h"

#include <pcre2.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace gyre::text {
namespace {

// Real ones have a few hundred; the time and memory to compile one grow with its size.
constexpr size_t kMaxPatternBytes = 64 << 10;

std::string Pcre2Message(int code) {
  PCRE2_UCHAR buffer[256];
  if (pcre2_get_error_message(code, buffer, sizeof(buffer)) < 0)
    return absl::StrCat("error ", code);
  return reinterpret_cast<const char*>(buffer);
}

struct FreeMatchData {
  void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
};

struct FreeCompileContext {
  void operator()(pcre2_compile_context* context) const { pcre2_compile_context_free(context); }
};

// Of the character that begins at `offset`; 1 at the end of the text.
size_t CharacterBytes(std::string_view text, size_t offset) {
  size_t size = 1;
  while (offset + size < text.size() &&
         (static_cast<unsigned char>(text[offset + size]) & 0xC0) == 0x80) {
    ++size;
  }
  return size;
}

}  // namespace

void Regex::FreeCode::operator()(pcre2_real_code_8* code) const { pcre2_code_free(code); }
Regex::Regex(Code code) : code_(std::move(code)) {}
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;
Regex::~Regex() = default;

absl::StatusOr<Regex> Regex::Compile(std::string_view pattern) {
  // \C would match a single byte, which may leave the middle of a character behind.
  return CompileWith(pattern, PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C);
}

absl::StatusOr<Regex> Regex::CompileLiteral(std::string_view literal) {
  return CompileWith(literal, PCRE2_LITERAL);
}

absl::StatusOr<Regex> Regex::CompileWith(std::string_view pattern, uint32_t options) {
  if (pattern.size() > kMaxPatternBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a pattern may have ", kMaxPatternBytes, " bytes, and not ", pattern.size()));
  }
  std::unique_ptr<pcre2_compile_context, FreeCompileContext> context(
      pcre2_compile_context_create(nullptr));
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  int error = 0;
  PCRE2_SIZE error_offset = 0;
  Code code(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                          PCRE2_UTF | options, &error, &error_offset, context.get()));
  if (code == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("regular expression, at byte ", error_offset, ": ", Pcre2Message(error)));
  }
  // Without JIT (it is refused on some hardened machines) matching is slower and the same.
  pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE);
  return Regex(std::move(code));
}

absl::Status Regex::ForEachMatch(std::string_view text, Visitor visit) const {
  std::unique_ptr<pcre2_match_data, FreeMatchData> match(pcre2_match_data_create(1, nullptr));
  std::optional<size_t> previous_end;
  auto match_from = [&](size_t start, uint32_t options) {
    return pcre2_match(code_.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), start,
                       PCRE2_NO_UTF_CHECK | options, match.get(), nullptr);
  };
  for (size_t start = 0; start <= text.size();) {
    int count = match_from(start, 0);
    // The interpreter keeps its state on the heap.
    if (count == PCRE2_ERROR_JIT_STACKLIMIT) count = match_from(start, PCRE2_NO_JIT);
    if (count == PCRE2_ERROR_NOMATCH) break;
    if (count < 0) return absl::ResourceExhaustedError(Pcre2Message(count));
    const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(match.get());
    const size_t begin = bounds[0], end = bounds[1];
    const bool empty = begin == end;
    // An empty match just behind another one says nothing new.
    if (!empty || end != previous_end) GYRE_RETURN_IF_ERROR(visit(begin, end));
    previous_end = end;
    start = empty ? end + CharacterBytes(text, end) : end;
  }
  return absl::OkStatus();
}

}  // namespace gyre::text
