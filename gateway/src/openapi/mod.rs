//! The OpenAPI 3.1 document of the REST routes, made of the descriptor set and its comments: the proto comment is the specification. The
//! same descriptors always make the same bytes, so the document can be committed and compared.

mod comments;
mod limits;
mod operation;
mod schema;

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Response, StatusCode};
use prost_reflect::DescriptorPool;
use serde_json::{Map, Value, json};
use tonic::body::Body;

use crate::plain;
use crate::transcode::Routes;
use comments::Comments;
use operation::Operations;
use schema::Schemas;

/// The document.
#[derive(Debug)]
pub struct Document {
    text: String,
    etag: String,
    page: String,
}

impl Document {
    /// Of these routes.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn new(pool: &DescriptorPool, routes: &Routes) -> anyhow::Result<Self> {
        let comments = Comments::read(pool);
        let mut schemas = Schemas::new(&comments);
        let paths = Operations::new(&comments, &mut schemas).of(routes);
        let tags: Vec<Value> = services(pool, routes)
            .map(|service| json!({"name": service.name(), "description": comments.of_service(&service)}))
            .collect();
        let document = sorted(json!({
            "openapi": "3.1.0",
            "info": {"title": "Task Tracker", "version": "v1", "description": DESCRIPTION},
            "servers": [{"url": "/"}],
            "security": [{"bearer": []}, {"session": []}],
            "tags": tags,
            "paths": paths,
            "components": {
                "schemas": schemas.finish(),
                "responses": {"Error": {
                    "description": "It failed. `details` holds a `google.rpc.ErrorInfo` whose `reason` programs may switch on.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
                }},
                "securitySchemes": {
                    "bearer": {"type": "http", "scheme": "bearer", "description": "An access token, for programs."},
                    "session": {"type": "apiKey", "in": "cookie", "name": crate::session_cookie::NAME, "description": "A browser's session, for the pages of this instance."},
                },
            },
        }));
        let mut text = serde_json::to_string_pretty(&document).context("the OpenAPI document")?;
        text.push('\n');
        let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(fingerprint(&text).to_be_bytes()));
        Ok(Self {
            page: crate::docs::render(&document),
            text,
            etag,
        })
    }

    /// The document as text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The document as an answer.
    #[must_use]
    pub fn json(&self, request: &HeaderMap) -> Response<Body> {
        self.versioned(request, self.text.clone(), "application/json")
    }

    /// The document as a page for people.
    #[must_use]
    pub fn page(&self, request: &HeaderMap) -> Response<Body> {
        self.versioned(request, self.page.clone(), "text/html; charset=utf-8")
    }

    fn versioned(&self, request: &HeaderMap, text: String, content_type: &'static str) -> Response<Body> {
        let mut response = plain::text(text, HeaderValue::from_static(content_type));
        if plain::has_version(request, &self.etag) {
            response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        if let Ok(etag) = HeaderValue::from_str(&self.etag) {
            response.headers_mut().insert(header::ETAG, etag);
        }
        response
    }
}

const DESCRIPTION: &str = "REST over the same RPCs that gRPC and gRPC-web clients call on this port. Names are camelCase in answers; requests may use \
    the proto spelling too. Unknown fields and parameters are errors. Fields without presence are always printed. 64-bit integers are strings. A PATCH \
    without `updateMask` changes the fields that its body names. `If-Match` makes a change conditional (412), `Idempotency-Key` makes a repeated \
    call answer the first result. Streams are one JSON a line, or server-sent events with `Accept: text/event-stream`.";

fn services<'a>(pool: &'a DescriptorPool, routes: &'a Routes) -> impl Iterator<Item = prost_reflect::ServiceDescriptor> + 'a {
    pool.services()
        .filter(|service| routes.iter().any(|binding| binding.rpc.service == service.full_name()))
}

/// The same value with its keys in order, whatever order the JSON library keeps.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut entries: Vec<_> = object.into_iter().collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().map(|(key, value)| (key, sorted(value))).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        value => value,
    }
}

/// FNV-1a: tells versions of one document apart, and is no more than that.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
