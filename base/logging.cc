#include "base/logging.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status_macros.h"

namespace gyre::base {
namespace {

std::string JsonString(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// %J in a pattern: the message as a JSON string.
class JsonMessageFlag final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& destination) override {
    const std::string text = JsonString({message.payload.data(), message.payload.size()});
    destination.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<JsonMessageFlag>();
  }
};

// The role as it must stand in a pattern, where % is special.
std::string InPattern(std::string_view text) {
  std::string escaped;
  for (const char c : text) escaped.append(c == '%' ? 2 : 1, c);
  return escaped;
}

std::unique_ptr<spdlog::formatter> MakeFormatter(const std::string& role, bool json) {
  const std::string pattern =
      json ? absl::StrCat(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","role":)",
                          InPattern(JsonString(role)), R"(,"pid":%P,"message":%J})")
           : absl::StrCat("%Y-%m-%d %H:%M:%S.%e %^%l%$ ", InPattern(role), ": %v");
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  formatter->add_flag<JsonMessageFlag>('J').set_pattern(pattern);
  return formatter;
}

absl::StatusOr<spdlog::sink_ptr> MakeSink(const std::string& file) {
  if (file.empty()) return std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
  GYRE_RETURN_IF_ERROR(CreateFolders(FolderOf(file)));
  try {
    return std::make_shared<spdlog::sinks::basic_file_sink_mt>(file);
  } catch (const spdlog::spdlog_ex& error) {
    return absl::UnavailableError(absl::StrCat(file, ": cannot write the log: ", error.what()));
  }
}

}  // namespace

absl::Status InitLogging(const std::string& role, const LoggingOptions& options) {
  const spdlog::level::level_enum level = spdlog::level::from_str(options.level);
  if (level == spdlog::level::off) {
    return absl::InvalidArgumentError(
        absl::StrCat("log level '", options.level,
                     "' is none of trace, debug, info, warning, error and critical"));
  }
  GYRE_ASSIGN_OR_RETURN(spdlog::sink_ptr sink, MakeSink(options.file));
  auto logger = std::make_shared<spdlog::logger>(role, std::move(sink));
  logger->set_formatter(MakeFormatter(role, options.json));
  logger->set_level(level);
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
  return absl::OkStatus();
}

}  // namespace gyre::base
