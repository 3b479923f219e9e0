//! The API's reference as one page for people, made of the OpenAPI document when the process starts: no script, nothing from elsewhere.

use http::Response;
use http::header::{self, HeaderMap, HeaderValue};
use serde_json::Value;
use tonic::body::Body;

use crate::openapi::Document;
use crate::plain;

const STYLE: &str = include_str!("docs.css");
const POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");

/// A page about the API, if the path is one.
#[must_use]
pub fn page(document: &Document, path: &str, request: &HeaderMap) -> Option<Response<Body>> {
    let mut response = match path {
        "/docs" => document.page(request),
        "/docs/style.css" => {
            let mut style = plain::text(STYLE, HeaderValue::from_static("text/css; charset=utf-8"));
            style
                .headers_mut()
                .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            style
        }
        _ => return None,
    };
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    Some(response)
}

/// The page of a document.
#[must_use]
pub fn render(document: &Value) -> String {
    let mut page = String::with_capacity(256 * 1024);
    page.push_str(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>Task Tracker API</title><link rel=\"stylesheet\" href=\"/docs/style.css\"></head><body><main><h1>Task Tracker API</h1>",
    );
    page.push_str(&prose(text(&document["info"], "description")));
    page.push_str("<p>For programs: <a href=\"/openapi.json\">openapi.json</a>.</p><nav><ul>");
    let tags = document["tags"].as_array().map(Vec::as_slice).unwrap_or_default();
    for tag in tags {
        let name = escape(text(tag, "name"));
        page.push_str(&format!("<li><a href=\"#{name}\">{name}</a></li>"));
    }
    page.push_str("<li><a href=\"#schemas\">Schemas</a></li></ul></nav>");
    for tag in tags {
        let name = text(tag, "name");
        page.push_str(&format!(
            "<section><h2 id=\"{0}\">{0}</h2>{1}",
            escape(name),
            prose(text(tag, "description"))
        ));
        for (path, methods) in entries(&document["paths"]) {
            for (method, operation) in entries(methods).filter(|(_, operation)| operation["tags"][0] == name) {
                page.push_str(&render_operation(method, path, operation));
            }
        }
        page.push_str("</section>");
    }
    page.push_str("<section><h2 id=\"schemas\">Schemas</h2>");
    for (name, schema) in entries(&document["components"]["schemas"]) {
        page.push_str(&format!(
            "<details id=\"{0}\"><summary><code>{0}</code></summary>{1}",
            escape(name),
            prose(text(schema, "description"))
        ));
        page.push_str(&properties(schema));
        page.push_str("</details>");
    }
    page.push_str("</section></main></body></html>");
    page
}

fn render_operation(method: &str, path: &str, operation: &Value) -> String {
    let mut html = format!(
        "<details id=\"{}\"><summary><code class=\"{method}\">{}</code> <code>{}</code> <span>{}</span></summary>{}<p class=\"facts\">gRPC: <code>{}</code>",
        escape(text(operation, "operationId")),
        method.to_ascii_uppercase(),
        escape(path),
        inline(text(operation, "summary")),
        prose(text(operation, "description")),
        escape(text(operation, "x-grpc-method")),
    );
    if let Some(permission) = operation["x-permission"].as_str() {
        html.push_str(&format!(" · permission <code>{}</code>", escape(permission)));
    }
    html.push_str(if operation["security"].is_array() {
        " · no credential needed</p>"
    } else {
        "</p>"
    });
    if let Some(parameters) = operation["parameters"].as_array() {
        html.push_str("<table><caption>Parameters</caption>");
        for parameter in parameters {
            let name = format!(
                "{} <small>{}</small>",
                escape(text(parameter, "name")),
                escape(text(parameter, "in"))
            );
            html.push_str(&row(&name, &parameter["schema"], text(parameter, "description")));
        }
        html.push_str("</table>");
    }
    for (_, media) in entries(&operation["requestBody"]["content"]) {
        html.push_str(&format!("<p>Body: {}</p>", kind(&media["schema"])));
        html.push_str(&properties(&media["schema"]));
    }
    for (status, response) in entries(&operation["responses"]).filter(|(status, _)| *status != "default") {
        let kinds: Vec<_> = entries(&response["content"])
            .map(|(name, media)| format!("<code>{}</code> {}", escape(name), kind(&media["schema"])))
            .collect();
        html.push_str(&format!(
            "<p>Answer {status}: {}</p>",
            if kinds.is_empty() { "nothing".to_owned() } else { kinds.join(", ") }
        ));
    }
    html.push_str("</details>");
    html
}

fn properties(schema: &Value) -> String {
    let mut rows = String::new();
    for (name, property) in entries(&schema["properties"]) {
        rows.push_str(&row(&escape(name), property, text(property, "description")));
    }
    for value in schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        rows.push_str(&format!("<tr><td><code>{}</code></td></tr>", escape(value)));
    }
    if rows.is_empty() { rows } else { format!("<table>{rows}</table>") }
}

fn row(name: &str, schema: &Value, description: &str) -> String {
    let set_by_server = if schema["readOnly"] == true {
        " <small>set by the server</small>"
    } else {
        ""
    };
    format!(
        "<tr><td><code>{name}</code></td><td>{}{set_by_server}</td><td>{}</td></tr>",
        kind(schema),
        inline(description)
    )
}

fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        return format!(
            "<a href=\"#{0}\">{1}</a>",
            escape(name),
            escape(name.rsplit('.').next().unwrap_or(name))
        );
    }
    match schema["type"].as_str() {
        Some("array") => format!("list of {}", kind(&schema["items"])),
        Some(name) => escape(
            schema["format"]
                .as_str()
                .map_or_else(|| name.to_owned(), |format| format!("{name} ({format})"))
                .as_str(),
        ),
        None if schema["oneOf"].is_array() => format!(
            "a line each: <code>result</code> with {}, or an error",
            kind(&schema["oneOf"][0]["properties"]["result"])
        ),
        None => "any bytes".to_owned(),
    }
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn prose(text: &str) -> String {
    text.split("\n\n")
        .filter(|paragraph| !paragraph.is_empty())
        .map(|paragraph| format!("<p>{}</p>", inline(paragraph)))
        .collect()
}

/// Text with its `code` marked.
fn inline(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts
        .map(|(index, part)| {
            if index % 2 == 1 {
                format!("<code>{}</code>", escape(part))
            } else {
                escape(part)
            }
        })
        .collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_cannot_become_markup() {
        assert_eq!(
            prose("<script> `a<b` & \"c\""),
            "<p>&lt;script&gt; <code>a&lt;b</code> &amp; &quot;c&quot;</p>"
        );
    }
}
