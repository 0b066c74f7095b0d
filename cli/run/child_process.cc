#include "cli/run/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/file.h"

namespace gyre::cli {
namespace {

constexpr int kCannotRun = 127;

// Between fork and exec: system calls only, since other threads of the parent may have held locks.
[[noreturn]] void BecomeProgram(char* const* argv, char* const* environment, int input, int output,
                                pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(kCannotRun);  // it died before the line above
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  dup2(input, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  close_range(3, ~0U, 0);
  execve(argv[0], argv, environment);
  _exit(kCannotRun);
}

// The strings' addresses, with the nullptr that ends them.
std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// The entries, and of this process's environment those with other names.
std::vector<std::string> WithOwnEnvironment(const std::vector<std::string>& entries) {
  std::vector<std::string> all = entries;
  for (char** own = environ; *own != nullptr; ++own) {
    const std::string text = *own;
    const std::string name = text.substr(0, text.find('=') + 1);
    const bool replaced =
        std::any_of(entries.begin(), entries.end(),
                    [&](const std::string& entry) { return absl::StartsWith(entry, name); });
    if (!replaced) all.push_back(text);
  }
  return all;
}

absl::Duration FromTimeval(const timeval& time) {
  return absl::Seconds(time.tv_sec) + absl::Microseconds(time.tv_usec);
}

}  // namespace

std::string ProcessExit::ToString() const {
  return signal != 0 ? absl::StrCat("killed by signal ", signal) : absl::StrCat("exit code ", code);
}

absl::StatusOr<ChildProcess> ChildProcess::Start(const std::vector<std::string>& argv,
                                                 const std::string& output_file,
                                                 const std::vector<std::string>& environment) {
  if (access(argv[0].c_str(), X_OK) != 0) return base::FileError(errno, "run", argv[0]);
  const int output = open(output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (output < 0) return base::FileError(errno, "open", output_file);
  const int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const std::vector<char*> arguments = Pointers(argv);
  const std::vector<std::string> whole_environment = WithOwnEnvironment(environment);
  const std::vector<char*> variables = Pointers(whole_environment);
  const pid_t parent = getpid();
  // Not fork(), into which gRPC hooks to stop and restart its threads, also in the parent.
  const pid_t pid = _Fork();
  if (pid == 0) BecomeProgram(arguments.data(), variables.data(), input, output, parent);
  const int fork_error = errno;
  if (input >= 0) close(input);
  close(output);
  if (pid < 0) return base::FileError(fork_error, "start", argv[0]);
  return ChildProcess(pid);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(other.pid_),
      running_(std::exchange(other.running_, false)),
      final_cpu_time_(other.final_cpu_time_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this != &other) {
    KillAndWait();
    pid_ = other.pid_;
    running_ = std::exchange(other.running_, false);
    final_cpu_time_ = other.final_cpu_time_;
  }
  return *this;
}

ChildProcess::~ChildProcess() { KillAndWait(); }

void ChildProcess::KillAndWait() {
  if (!running_) return;
  Signal(SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  running_ = false;
}

std::optional<ProcessExit> ChildProcess::PollExit() {
  if (!running_) return std::nullopt;
  int status = 0;
  rusage usage{};
  if (wait4(pid_, &status, WNOHANG, &usage) != pid_) return std::nullopt;
  running_ = false;
  final_cpu_time_ = FromTimeval(usage.ru_utime) + FromTimeval(usage.ru_stime);
  ProcessExit exit;
  if (WIFSIGNALED(status)) {
    exit.signal = WTERMSIG(status);
  } else {
    exit.code = WEXITSTATUS(status);
  }
  exit.cpu_time = final_cpu_time_;
  return exit;
}

void ChildProcess::Signal(int signal) const {
  if (running_) kill(pid_, signal);
}

absl::Duration ChildProcess::CpuTime() const {
  if (!running_) return final_cpu_time_;
  const auto stat = base::ReadFile(absl::StrCat("/proc/", pid_, "/stat"));
  if (!stat.ok()) return final_cpu_time_;
  // The second field is the program's name in parentheses, which may hold anything; utime and stime
  // are the 12th and 13th behind it (proc(5)).
  const std::vector<std::string> fields =
      absl::StrSplit(stat->substr(stat->rfind(')') + 1), ' ', absl::SkipEmpty());
  int64_t user_ticks = 0, system_ticks = 0;
  if (fields.size() < 13 || !absl::SimpleAtoi(fields[11], &user_ticks) ||
      !absl::SimpleAtoi(fields[12], &system_ticks)) {
    return final_cpu_time_;
  }
  return absl::Seconds(static_cast<double>(user_ticks + system_ticks) /
                       static_cast<double>(sysconf(_SC_CLK_TCK)));
}

}  // namespace gyre::cli
