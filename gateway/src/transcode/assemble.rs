//! The request message of a REST call: from its path, body, query and headers.

use http::HeaderMap;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind};
use serde_json::{Map, Value};
use tasktracker_server::RpcError;

use super::binding::{Binding, BodyRule};
use super::routes::Found;
use super::{canonical, json, mask, overlay, query, type_errors};
use crate::failure::Failure;

/// Puts a request together. `body` is its JSON; raw bytes are added by the caller.
///
/// # Errors
/// Any part that does not fit, or two that contradict each other.
pub fn request(found: &Found, query: &str, headers: &HeaderMap, body: Option<Value>) -> Result<DynamicMessage, Failure> {
    let binding = &*found.binding;
    let input = binding.input();
    let mut tree = from_body(binding, body)?;
    let derived = patch_mask(binding, &tree);
    query::put(&mut tree, &input, query)?;
    for (variable, path) in binding.template.variables.iter().zip(&binding.variables) {
        let text = found.value(variable)?;
        let Some(leaf) = path.last() else { continue };
        let value = query::scalar(leaf, &text).map_err(|description| RpcError::invalid(variable.field.join("."), description))?;
        overlay::put(&mut tree, path, value, "path")?;
    }
    if let Some((field, resource, derived)) = derived {
        match tree.get(field.json_name()) {
            Some(given) => mask::check(&resource, given)?,
            None => overlay::replace(&mut tree, &field, derived),
        }
    }
    from_headers(binding, headers, &mut tree)?;
    DynamicMessage::deserialize(input.clone(), Value::Object(tree.clone()))
        .map_err(|_| RpcError::invalid_fields(type_errors::find(&input, &tree)).into())
}

fn from_body(binding: &Binding, body: Option<Value>) -> Result<Map<String, Value>, Failure> {
    let mut violations = Vec::new();
    let tree = match (&binding.body, body) {
        (BodyRule::None | BodyRule::Raw(_), _) | (BodyRule::Whole, None) => Map::new(),
        (BodyRule::Whole, Some(Value::Object(object))) => canonical::message(&binding.input(), object, "", &mut violations),
        (BodyRule::Whole, Some(_)) => return Err(json::no_object("body").into()),
        (BodyRule::Field(field), None) if matches!(field.kind(), Kind::Message(_)) && !field.is_list() => {
            wrap(field, Value::Object(Map::new()))
        }
        (BodyRule::Field(_), None) => Map::new(),
        (BodyRule::Field(field), Some(Value::Null)) => return Err(json::no_object(field.name()).into()),
        (BodyRule::Field(field), Some(value)) => {
            let value = canonical::any_field(field, value, field.name(), &mut violations);
            wrap(field, value)
        }
    };
    if violations.is_empty() {
        Ok(tree)
    } else {
        Err(RpcError::invalid_fields(violations).into())
    }
}

fn wrap(field: &FieldDescriptor, value: Value) -> Map<String, Value> {
    Map::from_iter([(field.json_name().to_owned(), value)])
}

/// The mask field, the resource it speaks of, and the mask of a client that gives none.
fn patch_mask(binding: &Binding, tree: &Map<String, Value>) -> Option<(FieldDescriptor, prost_reflect::MessageDescriptor, Value)> {
    let BodyRule::Field(body) = &binding.body else { return None };
    let Kind::Message(resource) = body.kind() else { return None };
    if binding.method != http::Method::PATCH {
        return None;
    }
    let field = mask::field(&binding.input())?;
    let keys = tree.get(body.json_name()).and_then(Value::as_object).cloned().unwrap_or_default();
    let derived = mask::of_body(&resource, &keys);
    Some((field, resource, derived))
}

fn from_headers(binding: &Binding, headers: &HeaderMap, tree: &mut Map<String, Value>) -> Result<(), Failure> {
    let text = |name: &str| -> Result<Option<String>, Failure> {
        let Some(value) = headers.get(name) else { return Ok(None) };
        value
            .to_str()
            .map(|text| Some(text.to_owned()))
            .map_err(|_| Failure::malformed(format!("the header {name} is no ASCII")))
    };
    if let Some(field) = binding.string_field("request_id")
        && let Some(key) = text("idempotency-key")?
    {
        overlay::put(tree, std::slice::from_ref(&field), Value::String(key), "header idempotency-key")?;
    }
    // A browser repeats the URL of an event stream with its old token when it connects again; the header is newer.
    if let Some(field) = binding.string_field("resume_token").filter(|_| binding.rpc.server_streaming)
        && let Some(token) = text("last-event-id")?.filter(|token| !token.is_empty())
    {
        overlay::replace(tree, &field, Value::String(token));
    }
    Ok(())
}
