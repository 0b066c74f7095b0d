#pragma once

#include "rewarder/rule_set.h"

namespace gyre::rewarder {

// The whole process of a rewarder over these rules: reads the command line, serves, joins, drains
// on SIGTERM and SIGINT. Returns its exit code: 0 the run is complete or the process was told to
// stop, 1 failed, 2 wrong usage. To be called once, by main, before any thread is started.
int RunRewarder(int argc, char** argv, const RuleSet& rules);

}  // namespace gyre::rewarder
