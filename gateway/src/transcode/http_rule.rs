//! The `google.api.http` option of a method, with its additional bindings.

use http::Method;
use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor, Value};

/// One way to call an RPC over REST.
#[derive(Debug)]
pub struct HttpRule {
    /// HTTP method.
    pub method: Method,
    /// Path template.
    pub path: String,
    /// `""`, `"*"` or a field of the request.
    pub body: String,
    /// `""` or a field of the answer.
    pub response_body: String,
}

/// The REST bindings of a method.
///
/// # Errors
/// An option that names no HTTP method.
pub fn read(pool: &DescriptorPool, method: &MethodDescriptor) -> anyhow::Result<Vec<HttpRule>> {
    let Some(extension) = pool.get_extension_by_name("google.api.http") else {
        return Ok(Vec::new());
    };
    let options = method.options();
    if !options.has_extension(&extension) {
        return Ok(Vec::new());
    }
    let value = options.get_extension(&extension);
    let Some(rule) = value.as_message() else { return Ok(Vec::new()) };
    let mut rules = vec![one(rule)?];
    if let Some(more) = rule.get_field_by_name("additional_bindings") {
        for rule in more.as_list().unwrap_or_default().iter().filter_map(Value::as_message) {
            rules.push(one(rule)?);
        }
    }
    Ok(rules)
}

fn one(rule: &DynamicMessage) -> anyhow::Result<HttpRule> {
    let text = |message: &DynamicMessage, field: &str| {
        message
            .get_field_by_name(field)
            .and_then(|value| value.as_str().map(str::to_owned))
            .unwrap_or_default()
    };
    let named = ["get", "put", "post", "delete", "patch"]
        .into_iter()
        .find(|name| rule.has_field_by_name(name));
    let (method, path) = match named {
        Some(name) => (name.to_ascii_uppercase(), text(rule, name)),
        None => {
            let custom = rule.get_field_by_name("custom");
            let custom = custom
                .as_ref()
                .and_then(|value| value.as_message())
                .ok_or_else(|| anyhow::anyhow!("no HTTP method in google.api.http"))?;
            (text(custom, "kind"), text(custom, "path"))
        }
    };
    Ok(HttpRule {
        method: method.parse()?,
        path,
        body: text(rule, "body"),
        response_body: text(rule, "response_body"),
    })
}
