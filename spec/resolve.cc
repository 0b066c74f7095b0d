#include "spec/resolve.h"

#include <filesystem>

#include "absl/strings/match.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/text_format.h"

namespace gyre::spec {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

void WriteDefault(Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection.SetUInt32(&message, &field, field.default_value_uint32());
    case FieldDescriptor::CPPTYPE_UINT64:
      return reflection.SetUInt64(&message, &field, field.default_value_uint64());
    case FieldDescriptor::CPPTYPE_FLOAT:
      return reflection.SetFloat(&message, &field, field.default_value_float());
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection.SetDouble(&message, &field, field.default_value_double());
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.SetBool(&message, &field, field.default_value_bool());
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.SetString(&message, &field, field.default_value_string());
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection.SetEnum(&message, &field, field.default_value_enum());
    default:
      return;
  }
}

// Every unset field that has a default, in this message and those that are there below it.
void WriteDefaults(Message& message) {
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    if (field.is_repeated()) {
      for (int element = 0; element < reflection.FieldSize(message, &field); ++element) {
        WriteDefaults(*reflection.MutableRepeatedMessage(&message, &field, element));
      }
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      if (reflection.HasField(message, &field)) {
        WriteDefaults(*reflection.MutableMessage(&message, &field));
      }
    } else if (field.has_default_value() && !reflection.HasField(message, &field)) {
      WriteDefault(message, field);
    }
  }
}

std::string Absolute(const std::string& path) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  return error ? path : absolute.lexically_normal().string();
}

// A source of problems or examples is a path unless it is one of the generators'.
std::string AbsoluteSource(const std::string& source) {
  return absl::StartsWith(source, "countdown:") ? source : Absolute(source);
}

void ResolveModel(ModelSpec& model) {
  if (model.has_path()) model.set_path(Absolute(model.path()));
  if (!model.has_new_()) return;
  NewModel& made = *model.mutable_new_();
  if (!made.has_num_kv_heads()) made.set_num_kv_heads(made.num_heads());
  if (!made.has_head_size()) made.set_head_size(made.hidden_size() / made.num_heads());
  if (made.tokenizer() != "countdown") made.set_tokenizer(Absolute(made.tokenizer()));
}

void ResolveStage(StageSpec& stage) {
  if (stage.has_start_from() && !absl::StartsWith(stage.start_from(), "stage:")) {
    stage.set_start_from(Absolute(stage.start_from()));
  }
  const bool has_start_from = stage.has_start_from();
  if (stage.has_sft()) {
    stage.mutable_sft()->set_examples(AbsoluteSource(stage.sft().examples()));
  } else if (stage.has_rl()) {
    stage.mutable_rl()->set_problems(AbsoluteSource(stage.rl().problems()));
    stage.mutable_rl()->mutable_grpo();
  }
  if (stage.has_eval()) {
    EvalSpec& eval = *stage.mutable_eval();
    eval.set_problems(AbsoluteSource(eval.problems()));
    if (!eval.has_interim_samples_per_prompt()) {
      eval.set_interim_samples_per_prompt(eval.samples_per_prompt());
    }
    if (!eval.has_max_response_tokens()) {
      eval.set_max_response_tokens(stage.rl().max_response_tokens());
    }
  }
  WriteDefaults(stage);
  if (has_start_from) stage.clear_start();
}

}  // namespace

void Resolve(RunSpec& spec) {
  ResolveModel(*spec.mutable_model());
  for (StageSpec& stage : *spec.mutable_stage()) ResolveStage(stage);
  spec.mutable_checkpoint();
  spec.mutable_samples();
  spec.mutable_limits();
  spec.mutable_local();
  WriteDefaults(*spec.mutable_model());
  for (Message* message :
       {static_cast<Message*>(spec.mutable_checkpoint()),
        static_cast<Message*>(spec.mutable_samples()), static_cast<Message*>(spec.mutable_limits()),
        static_cast<Message*>(spec.mutable_local())}) {
    WriteDefaults(*message);
  }
  if (!spec.has_seed()) spec.set_seed(spec.seed());
}

std::string SpecToText(const RunSpec& spec) {
  std::string text;
  google::protobuf::TextFormat::PrintToString(spec, &text);
  return text;
}

RunSpec WithoutLocal(const RunSpec& spec) {
  RunSpec shared = spec;
  shared.clear_local();
  shared.mutable_local()->set_learner_ranks(spec.local().learner_ranks());
  return shared;
}

base::Sha256Digest SpecDigest(const RunSpec& spec) {
  return base::Sha256::Of(SpecToText(WithoutLocal(spec)));
}

}  // namespace gyre::spec
