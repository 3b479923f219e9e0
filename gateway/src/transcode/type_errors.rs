//! Which fields of a JSON request have a wrong type: found only after reading the whole has failed, by reading its parts.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value};
use tasktracker_proto::validate::Violation;

use super::canonical::MOST_VIOLATIONS;

/// The fields that cannot be read. Never empty for a message that cannot.
#[must_use]
pub fn find(descriptor: &MessageDescriptor, object: &Map<String, Value>) -> Vec<Violation> {
    let mut violations = Vec::new();
    message(descriptor, object, "", &mut violations);
    if violations.is_empty() {
        let description = read(descriptor, object.clone())
            .err()
            .unwrap_or_else(|| "cannot be read".to_owned());
        violations.push(Violation {
            field: "body".to_owned(),
            description,
        });
    }
    violations
}

fn message(descriptor: &MessageDescriptor, object: &Map<String, Value>, at: &str, violations: &mut Vec<Violation>) {
    for (key, value) in object {
        if violations.len() >= MOST_VIOLATIONS {
            return;
        }
        let Some(field) = descriptor.get_field_by_json_name(key) else {
            continue;
        };
        let Err(description) = read(descriptor, Map::from_iter([(key.clone(), value.clone())])) else {
            continue;
        };
        let at = if at.is_empty() {
            field.name().to_owned()
        } else {
            format!("{at}.{}", field.name())
        };
        let before = violations.len();
        inside(descriptor, &field, value, &at, violations);
        if violations.len() == before {
            violations.push(Violation { field: at, description });
        }
    }
}

fn inside(parent: &MessageDescriptor, field: &FieldDescriptor, value: &Value, at: &str, violations: &mut Vec<Violation>) {
    match (value, field.kind()) {
        (Value::Array(items), _) if field.is_list() => {
            for (index, item) in items.iter().enumerate() {
                if violations.len() >= MOST_VIOLATIONS {
                    return;
                }
                let alone = Map::from_iter([(field.json_name().to_owned(), Value::Array(vec![item.clone()]))]);
                let Err(description) = read(parent, alone) else { continue };
                let at = format!("{at}[{index}]");
                let before = violations.len();
                if let (Value::Object(object), Kind::Message(inner)) = (item, field.kind()) {
                    message(&inner, object, &at, violations);
                }
                if violations.len() == before {
                    violations.push(Violation { field: at, description });
                }
            }
        }
        (Value::Object(object), Kind::Message(inner)) if !field.is_map() && inner.package_name() != "google.protobuf" => {
            message(&inner, object, at, violations);
        }
        _ => {}
    }
}

fn read(descriptor: &MessageDescriptor, object: Map<String, Value>) -> Result<DynamicMessage, String> {
    DynamicMessage::deserialize(descriptor.clone(), Value::Object(object)).map_err(|error| format!("has a wrong value: {error}"))
}
