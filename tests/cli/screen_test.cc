#include "cli/run/screen.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace gyre::cli {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A terminal of 20 columns and 5 rows.
class ScreenTest : public ::testing::Test {
 protected:
  ScreenTest() {
    master_ = posix_openpt(O_RDWR | O_NOCTTY);
    EXPECT_EQ(grantpt(master_), 0);
    EXPECT_EQ(unlockpt(master_), 0);
    terminal_ = open(ptsname(master_), O_RDWR | O_NOCTTY);
    const winsize size{.ws_row = 5, .ws_col = 20, .ws_xpixel = 0, .ws_ypixel = 0};
    EXPECT_EQ(ioctl(master_, TIOCSWINSZ, &size), 0);
  }
  ~ScreenTest() override {
    close(terminal_);
    close(master_);
  }

  // What has been written since the last call.
  std::string Written() {
    std::string text;
    char buffer[4096];
    pollfd waiting{master_, POLLIN, 0};
    while (poll(&waiting, 1, 0) > 0) {
      const ssize_t count = read(master_, buffer, sizeof(buffer));
      if (count <= 0) break;
      text.append(buffer, static_cast<std::size_t>(count));
    }
    return text;
  }

  int master_ = -1;
  int terminal_ = -1;
};

TEST_F(ScreenTest, DrawsOverWhatItDrew) {
  Screen screen(terminal_, false);
  screen.Draw({StyledLine("one"), StyledLine("two")});
  EXPECT_EQ(Written(), "\x1b[?25lone\x1b[K\r\ntwo\x1b[K\r\n\x1b[J");
  screen.Draw({StyledLine("three")});
  EXPECT_THAT(Written(), HasSubstr("\x1b[2A\rthree\x1b[K"));
}

TEST_F(ScreenTest, CutsWhatDoesNotFit) {
  Screen screen(terminal_, false);
  EXPECT_EQ(screen.columns(), 20);
  screen.Draw(std::vector<StyledLine>(9, StyledLine(std::string(50, 'x'))));
  const std::string text = Written();
  EXPECT_EQ(std::count(text.begin(), text.end(), 'x'), 4 * 19);
}

TEST_F(ScreenTest, PutsLinesThatStayAboveTheBlock) {
  Screen screen(terminal_, false);
  screen.Draw({StyledLine("block")});
  Written();
  screen.Print(StyledLine("actor-0 ended"));
  EXPECT_EQ(Written(), "\x1b[1A\r\x1b[Jactor-0 ended\r\n\x1b[?25lblock\x1b[K\r\n\x1b[J");
}

TEST_F(ScreenTest, LeavesTheTerminalAsItFoundIt) {
  {
    Screen screen(terminal_, false);
    screen.Draw({StyledLine("block")});
    Written();
  }
  EXPECT_EQ(Written(), "\x1b[1A\r\x1b[J\x1b[?25h");
}

TEST_F(ScreenTest, SurvivesATerminalThatIsGone) {
  Screen screen(-1, false);
  screen.Draw({StyledLine("block")});
  screen.Clear();
  EXPECT_EQ(screen.columns(), 80);
}

}  // namespace
}  // namespace gyre::cli
