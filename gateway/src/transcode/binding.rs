//! One REST route, checked when the process starts: a route that could not work stops it with the RPC's name.

use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use http::{Method, StatusCode};
use prost_reflect::{Cardinality, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor};

use super::fields;
use super::http_rule::HttpRule;
use super::template::Template;
use crate::catalog::Rpc;

/// The message of raw bytes.
const HTTP_BODY: &str = "google.api.HttpBody";

/// Where a request's body goes.
#[derive(Debug, Clone)]
pub enum BodyRule {
    /// There is none.
    None,
    /// Its JSON is the request.
    Whole,
    /// Its JSON is this field.
    Field(FieldDescriptor),
    /// Its bytes are this field, or the request where there is none.
    Raw(Option<FieldDescriptor>),
}

/// What the answer's body is.
#[derive(Debug, Clone)]
pub enum AnswerRule {
    /// The JSON of the message.
    Whole,
    /// The JSON of this field.
    Field(FieldDescriptor),
    /// The bytes of this field, or of the message where there is none.
    Raw(Option<FieldDescriptor>),
}

/// One REST route.
#[derive(Debug)]
pub struct Binding {
    /// The RPC it calls.
    pub rpc: Arc<Rpc>,
    /// The method's descriptor.
    pub descriptor: MethodDescriptor,
    /// HTTP method.
    pub method: Method,
    /// Path template.
    pub template: Template,
    /// The field of each variable of the template.
    pub variables: Vec<Vec<FieldDescriptor>>,
    /// Where the body goes.
    pub body: BodyRule,
    /// What the answer's body is.
    pub answer: AnswerRule,
    /// HTTP status of success.
    pub success: StatusCode,
}

impl Binding {
    /// Checks and makes a route.
    ///
    /// # Errors
    /// A template, variable or body that does not fit the messages.
    pub fn new(rpc: Arc<Rpc>, descriptor: MethodDescriptor, rule: HttpRule) -> anyhow::Result<Self> {
        let template = Template::parse(&rule.path)?;
        let (input, output) = (descriptor.input(), descriptor.output());
        let variables = template
            .variables
            .iter()
            .map(|variable| variable_field(&input, &variable.field))
            .collect::<anyhow::Result<_>>()?;
        let body = body_rule(&rule, &input)?;
        let answer = answer_rule(&rule, &output, descriptor.is_server_streaming())?;
        if matches!(rule.method, Method::GET | Method::DELETE | Method::HEAD) {
            ensure!(matches!(body, BodyRule::None), "{} routes have no body", rule.method);
        }
        if descriptor.is_client_streaming() {
            ensure!(
                matches!(body, BodyRule::Raw(Some(_))),
                "a client stream is on REST only as raw bytes (google.api.HttpBody)"
            );
            ensure!(!descriptor.is_server_streaming(), "a bidirectional stream cannot be on REST");
        }
        let success = match rpc.policy.http_success_code {
            0 => StatusCode::OK,
            code => u16::try_from(code)
                .ok()
                .and_then(|code| StatusCode::from_u16(code).ok())
                .context("http_success_code is no HTTP status")?,
        };
        Ok(Self {
            rpc,
            descriptor,
            method: rule.method,
            template,
            variables,
            body,
            answer,
            success,
        })
    }

    /// The request message.
    #[must_use]
    pub fn input(&self) -> MessageDescriptor {
        self.descriptor.input()
    }

    /// A field of the request by name, where it is a string.
    #[must_use]
    pub fn string_field(&self, name: &str) -> Option<FieldDescriptor> {
        self.input()
            .get_field_by_name(name)
            .filter(|field| field.kind() == Kind::String && !field.is_list())
    }
}

fn variable_field(input: &MessageDescriptor, path: &[String]) -> anyhow::Result<Vec<FieldDescriptor>> {
    let resolved = fields::resolve(input, path.iter().map(String::as_str))
        .with_context(|| format!("no field {} in {}", path.join("."), input.full_name()))?;
    for field in &resolved {
        ensure!(
            field.cardinality() != Cardinality::Repeated,
            "the path variable {} is repeated",
            path.join(".")
        );
    }
    let leaf = resolved.last().context("an empty path variable")?;
    ensure!(
        !matches!(leaf.kind(), Kind::Message(_)),
        "the path variable {} is a message",
        path.join(".")
    );
    Ok(resolved)
}

fn is_raw(kind: &Kind) -> bool {
    matches!(kind, Kind::Message(message) if message.full_name() == HTTP_BODY)
}

fn body_rule(rule: &HttpRule, input: &MessageDescriptor) -> anyhow::Result<BodyRule> {
    Ok(match rule.body.as_str() {
        "" => BodyRule::None,
        "*" if input.full_name() == HTTP_BODY => BodyRule::Raw(None),
        "*" => BodyRule::Whole,
        name => {
            let field = input
                .get_field_by_name(name)
                .with_context(|| format!("no field {name} for the body in {}", input.full_name()))?;
            if is_raw(&field.kind()) && !field.is_list() {
                BodyRule::Raw(Some(field))
            } else {
                BodyRule::Field(field)
            }
        }
    })
}

fn answer_rule(rule: &HttpRule, output: &MessageDescriptor, streaming: bool) -> anyhow::Result<AnswerRule> {
    let raw = |field: &FieldDescriptor| is_raw(&field.kind()) && !field.is_list();
    Ok(match rule.response_body.as_str() {
        "" if output.full_name() == HTTP_BODY => AnswerRule::Raw(None),
        "" => match output.get_field_by_name("content").filter(|field| streaming && raw(field)) {
            Some(field) => AnswerRule::Raw(Some(field)),
            None => AnswerRule::Whole,
        },
        name => {
            let Some(field) = output.get_field_by_name(name) else {
                bail!("no field {name} for the answer's body in {}", output.full_name())
            };
            if raw(&field) {
                AnswerRule::Raw(Some(field))
            } else {
                AnswerRule::Field(field)
            }
        }
    })
}
