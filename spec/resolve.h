#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "base/digest.h"
#include "proto/run_spec.pb.h"

namespace gyre::spec {

// Writes every default into the spec, so that the file of a run says all that decides it, and makes
// the paths in it absolute: they are relative to the working directory. The spec must be valid.
// Resolving twice changes nothing.
void Resolve(RunSpec& spec);

// The spec in text format, always the same bytes for the same spec.
std::string SpecToText(const RunSpec& spec);

// The spec without that part of `local` which does not change what is computed: all of it but
// learner_ranks, by which gradients are summed in another order.
RunSpec WithoutLocal(const RunSpec& spec);

// SHA-256 of the text of WithoutLocal: two processes with the same digest compute the same. The
// spec must be resolved.
base::Sha256Digest SpecDigest(const RunSpec& spec);

}  // namespace gyre::spec
