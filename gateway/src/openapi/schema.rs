//! Messages and enums as JSON Schema. Components carry the full proto name, so two packages never meet in one name.

use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

use super::comments::Comments;
use super::limits;
use crate::transcode::fields::{INPUT_ONLY, OUTPUT_ONLY, REQUIRED, has_behavior};

/// The schemas that the operations mention.
#[derive(Debug)]
pub struct Schemas<'a> {
    comments: &'a Comments,
    done: BTreeMap<String, Value>,
    begun: BTreeSet<String>,
}

impl<'a> Schemas<'a> {
    /// None yet.
    #[must_use]
    pub fn new(comments: &'a Comments) -> Self {
        Self {
            comments,
            done: BTreeMap::new(),
            begun: BTreeSet::new(),
        }
    }

    /// A reference to a message's schema, which is made if it is not there yet.
    pub fn message(&mut self, message: &MessageDescriptor) -> Value {
        if let Some(schema) = well_known(message) {
            return schema;
        }
        let name = message.full_name().to_owned();
        if self.begun.insert(name.clone()) {
            let schema = self.object(message, &BTreeSet::new());
            self.done.insert(name.clone(), schema);
        }
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    /// The schema of a message without some of its fields, in place.
    pub fn object(&mut self, message: &MessageDescriptor, without: &BTreeSet<String>) -> Value {
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for field in message.fields().filter(|field| !without.contains(field.name())) {
            if has_behavior(&field, REQUIRED) || limits::is_required(&field) {
                required.push(json!(field.json_name()));
            }
            properties.insert(field.json_name().to_owned(), self.described(&field));
        }
        let mut schema = Map::from_iter([
            ("type".to_owned(), json!("object")),
            ("properties".to_owned(), Value::Object(properties)),
        ]);
        let comment = self.comments.of_message(message);
        if !comment.is_empty() {
            schema.insert("description".to_owned(), json!(comment));
        }
        if !required.is_empty() {
            schema.insert("required".to_owned(), Value::Array(required));
        }
        let choices: Vec<Value> = message
            .oneofs()
            .filter(|oneof| !oneof.is_synthetic())
            .map(|oneof| at_most_one(oneof.fields()))
            .collect();
        match choices.len() {
            0 => {}
            1 => schema.extend(choices.into_iter().filter_map(|choice| choice.as_object().cloned()).flatten()),
            _ => {
                schema.insert("allOf".to_owned(), Value::Array(choices));
            }
        }
        Value::Object(schema)
    }

    /// The schema of a field with what its comment and rules say.
    pub fn described(&mut self, field: &FieldDescriptor) -> Value {
        let mut schema = self.field(field);
        if let Value::Object(schema) = &mut schema {
            limits::add(field, schema);
            let comment = self.comments.of_field(field);
            if !comment.is_empty() {
                schema.insert("description".to_owned(), json!(comment));
            }
            for (behavior, keyword) in [(OUTPUT_ONLY, "readOnly"), (INPUT_ONLY, "writeOnly")] {
                if has_behavior(field, behavior) {
                    schema.insert(keyword.to_owned(), json!(true));
                }
            }
            if field
                .field_descriptor_proto()
                .options
                .as_ref()
                .is_some_and(|options| options.deprecated())
            {
                schema.insert("deprecated".to_owned(), json!(true));
            }
        }
        schema
    }

    fn field(&mut self, field: &FieldDescriptor) -> Value {
        match field.kind() {
            Kind::Message(entry) if field.is_map() => {
                json!({"type": "object", "additionalProperties": self.kind(&entry.map_entry_value_field().kind())})
            }
            kind if field.is_list() => json!({"type": "array", "items": self.kind(&kind)}),
            kind => self.kind(&kind),
        }
    }

    fn kind(&mut self, kind: &Kind) -> Value {
        match kind {
            Kind::Bool => json!({"type": "boolean"}),
            Kind::String => json!({"type": "string"}),
            Kind::Bytes => json!({"type": "string", "contentEncoding": "base64"}),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => json!({"type": "integer", "format": "int32"}),
            Kind::Uint32 | Kind::Fixed32 => json!({"type": "integer", "format": "int64", "minimum": 0}),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => json!({"type": "string", "format": "int64"}),
            Kind::Uint64 | Kind::Fixed64 => json!({"type": "string", "format": "uint64"}),
            Kind::Float => json!({"type": "number", "format": "float"}),
            Kind::Double => json!({"type": "number", "format": "double"}),
            Kind::Enum(kind) => self.enumeration(kind),
            Kind::Message(message) => self.message(message),
        }
    }

    fn enumeration(&mut self, kind: &EnumDescriptor) -> Value {
        let name = kind.full_name().to_owned();
        if self.begun.insert(name.clone()) {
            let values: Vec<_> = kind.values().map(|value| json!(value.name())).collect();
            self.done.insert(
                name.clone(),
                json!({"type": "string", "enum": values, "description": self.comments.of_enum(kind)}),
            );
        }
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    /// All schemas, with the one of errors.
    #[must_use]
    pub fn finish(mut self) -> BTreeMap<String, Value> {
        let detail =
            json!({"type": "object", "properties": {"@type": {"type": "string"}}, "required": ["@type"], "additionalProperties": true});
        let error = json!({
            "type": "object",
            "description": "Why a request failed: a `google.rpc.Status` as AIP-193 writes it.",
            "required": ["error"],
            "properties": {"error": {
                "type": "object",
                "required": ["code", "status", "message", "details"],
                "properties": {
                    "code": {"type": "integer", "format": "int32", "description": "The HTTP status."},
                    "status": {"type": "string", "description": "The gRPC code, such as `NOT_FOUND`."},
                    "message": {"type": "string", "description": "A sentence for developers."},
                    "details": {"type": "array", "items": detail, "description": "`google.rpc` details; ErrorInfo and RequestInfo are always there."},
                },
            }},
        });
        self.done.insert("Error".to_owned(), error);
        self.done
    }
}

fn at_most_one(fields: impl Iterator<Item = FieldDescriptor>) -> Value {
    let mut arms: Vec<Value> = fields.map(|field| json!({"required": [field.json_name()]})).collect();
    let none = json!({"not": {"anyOf": arms}});
    arms.push(none);
    json!({"oneOf": arms})
}

/// Google's own types, which have JSON forms of their own.
fn well_known(message: &MessageDescriptor) -> Option<Value> {
    Some(match message.full_name() {
        "google.protobuf.Timestamp" => json!({"type": "string", "format": "date-time"}),
        "google.protobuf.Duration" => json!({"type": "string", "pattern": "^-?[0-9]+(\\.[0-9]{1,9})?s$"}),
        "google.protobuf.FieldMask" => json!({"type": "string", "description": "Names of fields, separated by commas."}),
        "google.protobuf.Empty" | "google.protobuf.Struct" => json!({"type": "object"}),
        "google.protobuf.Value" => json!({}),
        "google.protobuf.ListValue" => json!({"type": "array", "items": {}}),
        "google.protobuf.Any" => json!({"type": "object", "properties": {"@type": {"type": "string"}}, "additionalProperties": true}),
        "google.protobuf.StringValue" => json!({"type": ["string", "null"]}),
        "google.protobuf.BytesValue" => json!({"type": ["string", "null"], "contentEncoding": "base64"}),
        "google.protobuf.BoolValue" => json!({"type": ["boolean", "null"]}),
        "google.protobuf.Int32Value" | "google.protobuf.UInt32Value" => json!({"type": ["integer", "null"]}),
        "google.protobuf.Int64Value" | "google.protobuf.UInt64Value" => json!({"type": ["string", "null"], "format": "int64"}),
        "google.protobuf.FloatValue" | "google.protobuf.DoubleValue" => json!({"type": ["number", "null"]}),
        _ => return None,
    })
}
