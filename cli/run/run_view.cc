#include "cli/run/run_view.h"

#include <unistd.h>

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/run/amounts.h"
#include "cli/run/live_view.h"
#include "cli/run/plain_lines.h"
#include "cli/run/screen.h"

namespace gyre::cli {
namespace {

constexpr absl::Duration kRedraw = absl::Milliseconds(500);

class LiveView final : public RunView {
 public:
  explicit LiveView(bool with_colours) : screen_(STDOUT_FILENO, with_colours) {}

  void Show(const RunProgress& progress, absl::Duration silence, absl::Time now) override {
    if (now < next_) return;
    next_ = now + kRedraw;
    screen_.Draw(DrawRun(progress, silence, screen_.columns()));
  }
  void Tell(const std::string& sentence) override {
    screen_.Print(StyledLine(sentence, Style::kWarn));
  }
  void End() override { screen_.Clear(); }

 private:
  Screen screen_;
  absl::Time next_ = absl::InfinitePast();
};

class PlainView final : public RunView {
 public:
  void Show(const RunProgress& progress, absl::Duration silence, absl::Time now) override {
    for (const std::string& line : lines_.Next(progress, silence, now)) Print(line);
  }
  void Tell(const std::string& sentence) override { Print(sentence); }
  void End() override {}

 private:
  static void Print(const std::string& line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
  }

  PlainLines lines_;
};

class QuietView final : public RunView {
 public:
  void Show(const RunProgress&, absl::Duration, absl::Time) override {}
  void Tell(const std::string& sentence) override {
    std::fprintf(stderr, "%s\n", sentence.c_str());
  }
  void End() override {}
};

}  // namespace

std::unique_ptr<RunView> MakeLiveView(bool with_colours) {
  return std::make_unique<LiveView>(with_colours);
}
std::unique_ptr<RunView> MakePlainView() { return std::make_unique<PlainView>(); }
std::unique_ptr<RunView> MakeQuietView() { return std::make_unique<QuietView>(); }

}  // namespace gyre::cli
