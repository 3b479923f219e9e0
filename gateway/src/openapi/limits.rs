//! The `buf.validate` rules of a field, as JSON Schema says them.

use prost_reflect::{DynamicMessage, FieldDescriptor, Value};
use serde_json::{Map, Value as Json, json};

/// Whether the field must be there.
#[must_use]
pub fn is_required(field: &FieldDescriptor) -> bool {
    rules(field).is_some_and(|rules| is_set(&rules, "required"))
}

/// Adds the rules of a field to its schema.
pub fn add(field: &FieldDescriptor, schema: &mut Map<String, Json>) {
    if let Some(rules) = rules(field) {
        add_rules(&rules, schema);
    }
}

fn rules(field: &FieldDescriptor) -> Option<DynamicMessage> {
    let extension = field.parent_pool().get_extension_by_name("buf.validate.field")?;
    let options = field.options();
    if !options.has_extension(&extension) {
        return None;
    }
    options.get_extension(&extension).as_message().cloned()
}

fn is_set(message: &DynamicMessage, name: &str) -> bool {
    message.get_field_by_name(name).is_some_and(|value| value.as_bool() == Some(true))
}

fn set(message: &DynamicMessage, name: &str) -> Option<Json> {
    if !message.has_field_by_name(name) {
        return None;
    }
    Some(match &*message.get_field_by_name(name)? {
        Value::I32(number) => json!(number),
        Value::I64(number) => json!(number),
        Value::U32(number) => json!(number),
        Value::U64(number) => json!(number),
        Value::F32(number) => json!(number),
        Value::F64(number) => json!(number),
        Value::String(text) => json!(text),
        Value::Bool(yes) => json!(yes),
        _ => return None,
    })
}

fn inner(rules: &DynamicMessage, name: &str) -> Option<DynamicMessage> {
    rules
        .has_field_by_name(name)
        .then(|| rules.get_field_by_name(name))
        .flatten()?
        .as_message()
        .cloned()
}

fn copy(from: &DynamicMessage, names: &[(&str, &str)], schema: &mut Map<String, Json>) {
    for (rule, keyword) in names {
        if let Some(value) = set(from, rule) {
            schema.insert((*keyword).to_owned(), value);
        }
    }
}

fn add_rules(rules: &DynamicMessage, schema: &mut Map<String, Json>) {
    if let Some(text) = inner(rules, "string") {
        copy(
            &text,
            &[
                ("min_len", "minLength"),
                ("max_len", "maxLength"),
                ("len", "minLength"),
                ("len", "maxLength"),
                ("pattern", "pattern"),
            ],
            schema,
        );
        for (rule, format) in [("uuid", "uuid"), ("email", "email"), ("uri", "uri"), ("hostname", "hostname")] {
            if is_set(&text, rule) {
                schema.insert("format".to_owned(), json!(format));
            }
        }
    }
    for kind in ["int32", "uint32", "double", "float"] {
        if let Some(number) = inner(rules, kind) {
            copy(
                &number,
                &[
                    ("gte", "minimum"),
                    ("lte", "maximum"),
                    ("gt", "exclusiveMinimum"),
                    ("lt", "exclusiveMaximum"),
                ],
                schema,
            );
        }
    }
    if let Some(list) = inner(rules, "repeated") {
        copy(
            &list,
            &[("min_items", "minItems"), ("max_items", "maxItems"), ("unique", "uniqueItems")],
            schema,
        );
        if let (Some(items), Some(Json::Object(schema))) = (inner(&list, "items"), schema.get_mut("items")) {
            add_rules(&items, schema);
        }
    }
}
