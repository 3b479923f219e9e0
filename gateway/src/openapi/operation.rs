//! Routes as OpenAPI operations.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};
use tasktracker_proto::options::v1::Auth;

use super::comments::{Comments, summary};
use super::schema::Schemas;
use crate::transcode::{AnswerRule, Binding, BodyRule, Routes, Segment};

/// How deep query parameters reach into messages.
const DEPTH: usize = 3;

/// Makes operations.
#[derive(Debug)]
pub struct Operations<'a, 'b> {
    comments: &'a Comments,
    schemas: &'b mut Schemas<'a>,
    ids: HashMap<String, usize>,
    shapes: HashMap<String, Vec<String>>,
}

impl<'a, 'b> Operations<'a, 'b> {
    /// With these comments; the schemas that are mentioned are added.
    pub fn new(comments: &'a Comments, schemas: &'b mut Schemas<'a>) -> Self {
        Self {
            comments,
            schemas,
            ids: HashMap::new(),
            shapes: HashMap::new(),
        }
    }

    /// All operations by path and method.
    pub fn of(mut self, routes: &Routes) -> BTreeMap<String, Map<String, Value>> {
        let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
        for binding in routes.iter() {
            let (path, names) = self.path(binding);
            let operation = self.operation(binding, &names);
            paths
                .entry(path)
                .or_default()
                .insert(binding.method.as_str().to_ascii_lowercase(), operation);
        }
        paths
    }

    /// The path with plain variables. Two routes of one shape must call their variables alike, so the first one names them.
    fn path(&mut self, binding: &Binding) -> (String, Vec<String>) {
        let template = &binding.template;
        let mut names = Vec::new();
        let (mut path, mut shape) = (String::new(), String::new());
        for (index, segment) in template.segments.iter().enumerate() {
            path.push('/');
            shape.push('/');
            if let Segment::Literal(text) = segment {
                path.push_str(text);
                shape.push_str(text);
                continue;
            }
            let name = template
                .variable_at(index)
                .map_or_else(|| format!("segment_{index}"), |variable| variable.field.join("_"));
            let name = if names.contains(&name) { format!("{name}_{index}") } else { name };
            path.push_str(&format!("{{{}}}", names.len()));
            shape.push_str("{}");
            names.push(name);
        }
        let names = self.shapes.entry(shape).or_insert(names).clone();
        for (index, name) in names.iter().enumerate() {
            path = path.replace(&format!("{{{index}}}"), &format!("{{{name}}}"));
        }
        if let Some(verb) = &template.verb {
            path = format!("{path}:{verb}");
        }
        (path, names)
    }

    fn operation(&mut self, binding: &Binding, names: &[String]) -> Value {
        let (service, method) = (binding.descriptor.parent_service().name().to_owned(), binding.descriptor.name());
        let comment = self.comments.of_method(&binding.descriptor);
        let id = format!("{service}_{method}");
        let count = self.ids.entry(id.clone()).and_modify(|count| *count += 1).or_insert(1);
        let id = if *count > 1 { format!("{id}_{count}") } else { id };
        let mut operation = Map::from_iter([
            ("operationId".to_owned(), json!(id)),
            ("tags".to_owned(), json!([service])),
            ("summary".to_owned(), json!(summary(&comment))),
            ("description".to_owned(), json!(comment)),
            ("responses".to_owned(), self.responses(binding)),
            ("x-grpc-method".to_owned(), json!(binding.rpc.path.trim_start_matches('/'))),
        ]);
        let parameters = self.parameters(binding, names);
        if !parameters.is_empty() {
            operation.insert("parameters".to_owned(), Value::Array(parameters));
        }
        if let Some(body) = self.body(binding) {
            operation.insert("requestBody".to_owned(), body);
        }
        if binding.rpc.policy.auth() == Auth::Public {
            operation.insert("security".to_owned(), json!([]));
        }
        if !binding.rpc.policy.permission.is_empty() {
            operation.insert("x-permission".to_owned(), json!(binding.rpc.policy.permission));
        }
        if binding
            .descriptor
            .method_descriptor_proto()
            .options
            .as_ref()
            .is_some_and(|options| options.deprecated())
        {
            operation.insert("deprecated".to_owned(), json!(true));
        }
        Value::Object(operation)
    }

    fn parameters(&mut self, binding: &Binding, names: &[String]) -> Vec<Value> {
        let mut parameters = Vec::new();
        for (index, name) in names.iter().enumerate() {
            let segment = binding
                .template
                .segments
                .iter()
                .enumerate()
                .filter(|(_, segment)| !matches!(segment, Segment::Literal(_)))
                .nth(index);
            let variable = segment.and_then(|(at, _)| binding.template.variables.iter().position(|variable| variable.covers(at)));
            let field = variable.and_then(|variable| binding.variables.get(variable)?.last());
            let schema = field.map_or_else(|| json!({"type": "string"}), |field| self.schemas.described(field));
            parameters.push(parameter("path", name, schema, true));
        }
        if !matches!(binding.body, BodyRule::Whole | BodyRule::Raw(None)) {
            let mut prefix = Vec::new();
            self.query(binding, &binding.input(), &mut prefix, &mut parameters);
        }
        if binding.string_field("request_id").is_some() {
            let mut key = parameter("header", "Idempotency-Key", json!({"type": "string", "maxLength": 64}), false);
            key["description"] = json!("Makes a repeated call answer the first result.");
            parameters.push(key);
        }
        if let BodyRule::Field(field) = &binding.body
            && let Kind::Message(resource) = field.kind()
            && binding.method == http::Method::PATCH
            && resource.get_field_by_name("etag").is_some()
        {
            let mut condition = parameter("header", "If-Match", json!({"type": "string"}), false);
            condition["description"] = json!("An etag: any other version answers 412.");
            parameters.push(condition);
        }
        if binding.string_field("resume_token").is_some() && binding.rpc.server_streaming {
            let mut last = parameter("header", "Last-Event-ID", json!({"type": "string"}), false);
            last["description"] = json!("The last token received: what browsers send when they connect again.");
            parameters.push(last);
        }
        parameters
    }

    fn query(&mut self, binding: &Binding, message: &MessageDescriptor, prefix: &mut Vec<FieldDescriptor>, parameters: &mut Vec<Value>) {
        let body = match &binding.body {
            BodyRule::Field(field) | BodyRule::Raw(Some(field)) => Some(field.clone()),
            _ => None,
        };
        for field in message.fields() {
            if prefix.is_empty() && body.as_ref() == Some(&field) {
                continue;
            }
            prefix.push(field.clone());
            match field.kind() {
                _ if binding.variables.contains(prefix) || field.is_map() => {}
                Kind::Message(inner) if inner.package_name() != "google.protobuf" => {
                    if !field.is_list() && prefix.len() < DEPTH && !prefix[..prefix.len() - 1].contains(&field) {
                        self.query(binding, &inner, prefix, parameters);
                    }
                }
                Kind::Message(inner) if matches!(inner.name(), "Struct" | "Value" | "ListValue" | "Any" | "Empty") => {}
                _ => {
                    let name = prefix.iter().map(FieldDescriptor::json_name).collect::<Vec<_>>().join(".");
                    let schema = self.schemas.described(&field);
                    parameters.push(parameter("query", &name, schema, super::limits::is_required(&field)));
                }
            }
            prefix.pop();
        }
    }

    fn body(&mut self, binding: &Binding) -> Option<Value> {
        let schema = match &binding.body {
            BodyRule::None => return None,
            BodyRule::Raw(_) => return Some(json!({"required": true, "content": {"*/*": {}}})),
            BodyRule::Field(field) => match field.kind() {
                // A patch may leave out what a new resource needs.
                Kind::Message(resource) if binding.method == http::Method::PATCH && !field.is_list() => {
                    let mut schema = self.schemas.object(&resource, &BTreeSet::new());
                    if let Some(schema) = schema.as_object_mut() {
                        schema.remove("required");
                    }
                    schema
                }
                _ => self.schemas.described(field),
            },
            BodyRule::Whole => {
                let bound: BTreeSet<String> = binding
                    .variables
                    .iter()
                    .filter(|path| path.len() == 1)
                    .map(|path| path[0].name().to_owned())
                    .collect();
                if bound.is_empty() {
                    self.schemas.message(&binding.input())
                } else {
                    self.schemas.object(&binding.input(), &bound)
                }
            }
        };
        Some(json!({"required": true, "content": {"application/json": {"schema": schema}}}))
    }

    fn responses(&mut self, binding: &Binding) -> Value {
        let mut success = Map::from_iter([("description".to_owned(), json!("Done."))]);
        if binding.success != http::StatusCode::NO_CONTENT {
            success.insert("content".to_owned(), self.answer(binding));
        }
        json!({binding.success.as_str(): success, "default": {"$ref": "#/components/responses/Error"}})
    }

    fn answer(&mut self, binding: &Binding) -> Value {
        let schema = match &binding.answer {
            AnswerRule::Field(field) => self.schemas.described(field),
            AnswerRule::Whole => self.schemas.message(&binding.descriptor.output()),
            AnswerRule::Raw(_) => return json!({"*/*": {}}),
        };
        if !binding.rpc.server_streaming {
            return json!({"application/json": {"schema": schema}});
        }
        let error = json!({"$ref": "#/components/schemas/Error"});
        let line = json!({"oneOf": [{"type": "object", "required": ["result"], "properties": {"result": schema}}, error]});
        json!({"application/x-ndjson": {"schema": line}, "text/event-stream": {"schema": {"type": "string"}}})
    }
}

fn parameter(place: &str, name: &str, mut schema: Value, required: bool) -> Value {
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("readOnly");
    }
    let mut parameter = Map::from_iter([("name".to_owned(), json!(name)), ("in".to_owned(), json!(place))]);
    if required {
        parameter.insert("required".to_owned(), json!(true));
    }
    if let Some(description) = schema.as_object_mut().and_then(|schema| schema.remove("description")) {
        parameter.insert("description".to_owned(), description);
    }
    parameter.insert("schema".to_owned(), schema);
    Value::Object(parameter)
}
