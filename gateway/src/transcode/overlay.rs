//! A request is put together from its body, query and path as one JSON tree. Each later part may fill what is not there yet; what says
//! something else than is there already is refused, so no part can quietly win over another.

use prost_reflect::{DynamicMessage, FieldDescriptor};
use serde_json::{Map, Value};
use tasktracker_server::RpcError;

use super::fields::path_text;

/// Puts a value at a field's place.
///
/// # Errors
/// Another value is there.
pub fn put(tree: &mut Map<String, Value>, path: &[FieldDescriptor], value: Value, from: &str) -> Result<(), RpcError> {
    let Some((leaf, parents)) = path.split_last() else { return Ok(()) };
    let Some(object) = place(tree, parents) else {
        return Err(contradiction(path, from));
    };
    match object.get(leaf.json_name()) {
        None | Some(Value::Null) => {
            object.insert(leaf.json_name().to_owned(), value);
            Ok(())
        }
        Some(there) if same(leaf, there, &value) => Ok(()),
        Some(_) => Err(contradiction(path, from)),
    }
}

/// Puts a value at a field's place, whatever is there.
pub fn replace(tree: &mut Map<String, Value>, field: &FieldDescriptor, value: Value) {
    tree.insert(field.json_name().to_owned(), value);
}

/// The object that holds a field, made where it is missing; `None` where something else is in its place.
fn place<'a>(tree: &'a mut Map<String, Value>, parents: &[FieldDescriptor]) -> Option<&'a mut Map<String, Value>> {
    let mut object = tree;
    for parent in parents {
        let slot = object.entry(parent.json_name().to_owned()).or_insert(Value::Null);
        if slot.is_null() {
            *slot = Value::Object(Map::new());
        }
        object = slot.as_object_mut()?;
    }
    Some(object)
}

/// Whether two JSON values mean the same to this field (`5` and `"5"` do to a number).
fn same(field: &FieldDescriptor, there: &Value, value: &Value) -> bool {
    if there == value {
        return true;
    }
    let read = |value: &Value| {
        let alone = Value::Object(Map::from_iter([(field.json_name().to_owned(), value.clone())]));
        DynamicMessage::deserialize(field.parent_message().clone(), alone).ok()
    };
    matches!((read(there), read(value)), (Some(there), Some(value)) if there == value)
}

fn contradiction(path: &[FieldDescriptor], from: &str) -> RpcError {
    RpcError::invalid(path_text(path), format!("contradicts the value in the {from}"))
}
