//! Answers as ProtoJSON: camelCase, defaults of fields without presence printed, enums by name, 64-bit integers as text.

use bytes::Bytes;
use prost_reflect::{DynamicMessage, Kind, MessageDescriptor, SerializeOptions, Value};
use tasktracker_server::RpcError;

use super::binding::AnswerRule;
use crate::failure::Failure;

/// Reads a service's message.
///
/// # Errors
/// It is none of this type: services and gateway do not fit together.
pub fn decode(descriptor: &MessageDescriptor, bytes: Bytes) -> Result<DynamicMessage, Failure> {
    DynamicMessage::decode(descriptor.clone(), bytes).map_err(|error| RpcError::internal(error).into())
}

/// The JSON of an answer, or of the field of it that REST shows.
///
/// # Errors
/// A value that JSON cannot say, such as a time beyond the year 9999.
pub fn json(message: &DynamicMessage, rule: &AnswerRule) -> Result<Vec<u8>, Failure> {
    match rule {
        AnswerRule::Field(field) => match &*message.get_field(field) {
            Value::Message(inner) => whole(inner),
            _ => {
                let mut object = message
                    .serialize_with_options(serde_json::value::Serializer, &options())
                    .map_err(RpcError::internal)?;
                let value = object.get_mut(field.json_name()).map(serde_json::Value::take).unwrap_or_default();
                serde_json::to_vec(&value).map_err(|error| RpcError::internal(error).into())
            }
        },
        AnswerRule::Whole | AnswerRule::Raw(_) => whole(message),
    }
}

fn whole(message: &DynamicMessage) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::with_capacity(256);
    message
        .serialize_with_options(&mut serde_json::Serializer::new(&mut bytes), &options())
        .map_err(RpcError::internal)?;
    Ok(bytes)
}

fn options() -> SerializeOptions {
    SerializeOptions::new().skip_default_fields(false)
}

/// The resource that REST shows, where it is a message.
#[must_use]
pub fn resource(message: &DynamicMessage, rule: &AnswerRule) -> Option<DynamicMessage> {
    match rule {
        AnswerRule::Whole => Some(message.clone()),
        AnswerRule::Field(field) if matches!(field.kind(), Kind::Message(_)) && !field.is_list() => {
            message.get_field(field).as_message().cloned()
        }
        AnswerRule::Field(_) | AnswerRule::Raw(_) => None,
    }
}

/// A string field of a message, where it has one that is not empty.
#[must_use]
pub fn text_of(message: &DynamicMessage, field: &str) -> Option<String> {
    let value = message.get_field_by_name(field)?;
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}
