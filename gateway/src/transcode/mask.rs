//! The update mask of a PATCH: what the client said, checked; or else the keys of the body, without the ones a client cannot set.

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value};
use tasktracker_proto::validate::Violation;
use tasktracker_server::RpcError;

use super::fields::{self, OUTPUT_ONLY, has_behavior};

/// The mask field of an update request.
#[must_use]
pub fn field(input: &MessageDescriptor) -> Option<FieldDescriptor> {
    let is_mask =
        |field: &FieldDescriptor| matches!(field.kind(), Kind::Message(message) if message.full_name() == "google.protobuf.FieldMask");
    input
        .get_field_by_name("update_mask")
        .filter(|field| is_mask(field) && !field.is_list())
}

/// The keys of a body that the client may set, as a mask in JSON spelling. `etag` is the base of the edit, not a part of it.
#[must_use]
pub fn of_body(resource: &MessageDescriptor, body: &Map<String, Value>) -> Value {
    let settable = |name: &&String| match resource.get_field_by_json_name(name) {
        Some(field) => field.name() != "etag" && !has_behavior(&field, OUTPUT_ONLY),
        None => false,
    };
    let mut names: Vec<_> = body.keys().filter(settable).map(|name| mask_name(resource, name)).collect();
    names.sort();
    Value::String(names.join(","))
}

/// The name as ProtoJSON spells it in masks: made of the proto name, whatever `json_name` says.
fn mask_name(resource: &MessageDescriptor, json_name: &str) -> String {
    let name = resource
        .get_field_by_json_name(json_name)
        .map_or_else(|| json_name.to_owned(), |field| field.name().to_owned());
    let mut parts = name.split('_');
    let mut spelled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut letters = part.chars();
        spelled.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        spelled.push_str(letters.as_str());
    }
    spelled
}

/// Checks a mask that the client gave.
///
/// # Errors
/// It names a field that does not exist or that no client can set.
pub fn check(resource: &MessageDescriptor, mask: &Value) -> Result<(), RpcError> {
    let mut violations = Vec::new();
    for path in mask
        .as_str()
        .unwrap_or_default()
        .split(',')
        .filter(|path| !path.is_empty() && *path != "*")
    {
        let description = match fields::resolve(resource, path.split('.')) {
            None => format!("names {path}, which is no field of {}", resource.name()),
            Some(path) if path.iter().any(|field| has_behavior(field, OUTPUT_ONLY)) => {
                format!("names {}, which cannot be set", fields::path_text(&path))
            }
            Some(_) => continue,
        };
        violations.push(Violation {
            field: "update_mask".to_owned(),
            description,
        });
    }
    if violations.is_empty() {
        Ok(())
    } else {
        Err(RpcError::invalid_fields(violations))
    }
}
