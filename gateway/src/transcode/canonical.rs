//! A JSON body brought to one spelling of its keys, before anything looks into it. Unknown keys, and a field that is there in both
//! spellings, are errors with the field's place.

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value};
use tasktracker_proto::validate::Violation;

use super::fields;

/// How many errors one answer lists.
pub const MOST_VIOLATIONS: usize = 20;

/// Renames the keys of a message's JSON to their JSON spelling, at every depth.
pub fn message(
    descriptor: &MessageDescriptor,
    object: Map<String, Value>,
    at: &str,
    violations: &mut Vec<Violation>,
) -> Map<String, Value> {
    let mut renamed = Map::new();
    for (key, value) in object {
        if violations.len() >= MOST_VIOLATIONS {
            return renamed;
        }
        let Some(field) = fields::find(descriptor, &key) else {
            violations.push(Violation {
                field: below(at, &key.chars().take(100).collect::<String>()),
                description: "is no field of this request".to_owned(),
            });
            continue;
        };
        let at = below(at, field.name());
        let value = any_field(&field, value, &at, violations);
        if renamed.insert(field.json_name().to_owned(), value).is_some() {
            violations.push(Violation {
                field: at,
                description: "is there twice, in both spellings".to_owned(),
            });
        }
    }
    renamed
}

/// Renames the keys inside a field's value.
pub fn any_field(field: &FieldDescriptor, value: Value, at: &str, violations: &mut Vec<Violation>) -> Value {
    let Kind::Message(inner) = field.kind() else { return value };
    match value {
        Value::Array(items) if field.is_list() => {
            let rename = |(index, item)| one(&inner, item, &format!("{at}[{index}]"), violations);
            Value::Array(items.into_iter().enumerate().map(rename).collect())
        }
        Value::Object(entries) if field.is_map() => match inner.map_entry_value_field().kind() {
            Kind::Message(inner) => Value::Object(
                entries
                    .into_iter()
                    .map(|(key, item)| {
                        let at = format!("{at}[{key:?}]");
                        (key, one(&inner, item, &at, violations))
                    })
                    .collect(),
            ),
            _ => Value::Object(entries),
        },
        value if field.is_list() || field.is_map() => value,
        value => one(&inner, value, at, violations),
    }
}

fn one(descriptor: &MessageDescriptor, value: Value, at: &str, violations: &mut Vec<Violation>) -> Value {
    match value {
        // Google's own types have their own JSON; what is wrong in them shows when they are read.
        Value::Object(object) if descriptor.package_name() != "google.protobuf" => {
            Value::Object(message(descriptor, object, at, violations))
        }
        value => value,
    }
}

fn below(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}
