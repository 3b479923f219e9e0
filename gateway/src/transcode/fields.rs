//! Names of fields: in proto and in JSON spelling, one below the other with dots; and what `google.api.field_behavior` says of them.

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

/// `google.api.FieldBehavior.REQUIRED`.
pub const REQUIRED: i32 = 2;
/// `google.api.FieldBehavior.OUTPUT_ONLY`.
pub const OUTPUT_ONLY: i32 = 3;
/// `google.api.FieldBehavior.INPUT_ONLY`.
pub const INPUT_ONLY: i32 = 4;

/// The field of a name in either spelling.
#[must_use]
pub fn find(message: &MessageDescriptor, name: &str) -> Option<FieldDescriptor> {
    message.get_field_by_json_name(name).or_else(|| message.get_field_by_name(name))
}

/// The fields on a path, each inside the one before it. Goes through messages only.
#[must_use]
pub fn resolve<'a>(message: &MessageDescriptor, path: impl Iterator<Item = &'a str>) -> Option<Vec<FieldDescriptor>> {
    let mut fields: Vec<FieldDescriptor> = Vec::new();
    for name in path {
        let inside = match fields.last() {
            None => message.clone(),
            Some(field) if field.is_list() || field.is_map() => return None,
            Some(field) => match field.kind() {
                Kind::Message(message) => message,
                _ => return None,
            },
        };
        fields.push(find(&inside, name)?);
    }
    (!fields.is_empty()).then_some(fields)
}

/// A path in proto spelling, for error messages.
#[must_use]
pub fn path_text(fields: &[FieldDescriptor]) -> String {
    fields.iter().map(FieldDescriptor::name).collect::<Vec<_>>().join(".")
}

/// Whether the field has this `google.api.field_behavior`.
#[must_use]
pub fn has_behavior(field: &FieldDescriptor, behavior: i32) -> bool {
    let pool = field.parent_pool();
    let Some(extension) = pool.get_extension_by_name("google.api.field_behavior") else {
        return false;
    };
    let options = field.options();
    let value = options.get_extension(&extension);
    value
        .as_list()
        .unwrap_or_default()
        .iter()
        .any(|value| value.as_enum_number() == Some(behavior))
}
