//! Query parameters: names in either spelling with dots, repeated keys for lists, enums by name or number, times and masks as text.
//! An unknown name is an error: a misspelt filter must not answer everything.

use percent_encoding::percent_decode;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Number, Value};
use tasktracker_proto::validate::Violation;
use tasktracker_server::RpcError;

use super::canonical::MOST_VIOLATIONS;
use super::{fields, overlay};

/// Puts the parameters of a query into the request.
///
/// # Errors
/// Unknown names, values that cannot be read, a single field given twice, a contradiction of the body.
pub fn put(tree: &mut Map<String, Value>, input: &MessageDescriptor, query: &str) -> Result<(), RpcError> {
    let mut violations = Vec::new();
    let mut given: Vec<(Vec<FieldDescriptor>, Vec<Value>)> = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        if violations.len() >= MOST_VIOLATIONS {
            break;
        }
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (Some(name), Some(value)) = (decode(name), decode(value)) else {
            violations.push(Violation {
                field: "query".to_owned(),
                description: "is no UTF-8".to_owned(),
            });
            continue;
        };
        let Some(path) = fields::resolve(input, name.split('.')) else {
            violations.push(Violation {
                field: name.chars().take(100).collect(),
                description: "is no parameter of this request".to_owned(),
            });
            continue;
        };
        let text = fields::path_text(&path);
        let Some(leaf) = path.last() else { continue };
        match scalar(leaf, &value) {
            Err(description) => violations.push(Violation { field: text, description }),
            Ok(value) => match given.iter_mut().find(|(other, _)| *other == path) {
                Some((_, values)) if leaf.is_list() => values.push(value),
                Some(_) => violations.push(Violation {
                    field: text,
                    description: "is there twice".to_owned(),
                }),
                None => given.push((path, vec![value])),
            },
        }
    }
    if !violations.is_empty() {
        return Err(RpcError::invalid_fields(violations));
    }
    for (path, mut values) in given {
        let is_list = path.last().is_some_and(FieldDescriptor::is_list);
        let value = if is_list { Value::Array(values) } else { values.remove(0) };
        overlay::put(tree, &path, value, "body")?;
    }
    Ok(())
}

fn decode(text: &str) -> Option<String> {
    let spaced: Vec<u8> = text.bytes().map(|byte| if byte == b'+' { b' ' } else { byte }).collect();
    percent_decode(&spaced).decode_utf8().ok().map(String::from)
}

/// A field's JSON for a piece of text, as queries and paths carry it.
///
/// # Errors
/// The text is no value of the field's type, or the field is of a type that text cannot give.
pub fn scalar(field: &FieldDescriptor, text: &str) -> Result<Value, String> {
    let number = |valid: bool| {
        if valid {
            Ok(Value::String(text.to_owned()))
        } else {
            Err("is no number of this field's range".to_owned())
        }
    };
    match field.kind() {
        _ if field.is_map() => Err("cannot be given in a query".to_owned()),
        Kind::String | Kind::Bytes => Ok(Value::String(text.to_owned())),
        Kind::Bool => match text {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err("must be true or false".to_owned()),
        },
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => number(text.parse::<i32>().is_ok()),
        Kind::Uint32 | Kind::Fixed32 => number(text.parse::<u32>().is_ok()),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => number(text.parse::<i64>().is_ok()),
        Kind::Uint64 | Kind::Fixed64 => number(text.parse::<u64>().is_ok()),
        Kind::Float | Kind::Double => {
            let number = text.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number);
            number.ok_or_else(|| "is no number of this field's range".to_owned())
        }
        Kind::Enum(kind) => match text.parse::<i32>() {
            Ok(number) => Ok(Value::Number(number.into())),
            Err(_) if kind.get_value_by_name(text).is_some() => Ok(Value::String(text.to_owned())),
            Err(_) => Err(format!("is no {}", kind.name())),
        },
        Kind::Message(message) => match message.full_name() {
            "google.protobuf.Timestamp" | "google.protobuf.Duration" => Ok(Value::String(text.to_owned())),
            "google.protobuf.FieldMask" => Ok(Value::String(text.split(',').map(mask_path).collect::<Vec<_>>().join(","))),
            name if name.starts_with("google.protobuf.")
                && name.ends_with("Value")
                && name != "google.protobuf.Value"
                && name != "google.protobuf.ListValue" =>
            {
                message
                    .get_field_by_name("value")
                    .ok_or_else(|| "cannot be given in a query".to_owned())
                    .and_then(|inner| scalar(&inner, text))
            }
            _ => Err("cannot be given in a query".to_owned()),
        },
    }
}

/// A path of a mask in JSON spelling, whichever it came in.
fn mask_path(path: &str) -> String {
    let mut spelled = String::with_capacity(path.len());
    let mut up = false;
    for letter in path.trim().chars() {
        if letter == '_' {
            up = true;
        } else if std::mem::take(&mut up) {
            spelled.extend(letter.to_uppercase());
        } else {
            spelled.push(letter);
        }
    }
    spelled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_come_in_either_spelling() {
        assert_eq!(mask_path("display_name"), "displayName");
        assert_eq!(mask_path("displayName"), "displayName");
        assert_eq!(mask_path("due.local_date_time"), "due.localDateTime");
    }

    #[test]
    fn plus_is_a_space_and_bytes_must_be_utf8() {
        assert_eq!(decode("a+b%20c%2Bd").as_deref(), Some("a b c+d"));
        assert_eq!(decode("%ff"), None);
    }
}
