//! The REST routes of a descriptor set, and which one a request means.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Context;
use http::{HeaderValue, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use prost_reflect::{DescriptorPool, DynamicMessage, Kind, ReflectMessage};
use tasktracker_proto::options::v1::Auth;
use tasktracker_server::RpcError;

use super::binding::{AnswerRule, Binding, BodyRule};
use super::http_rule;
use super::template::Variable;
use super::trie::Trie;
use crate::catalog::Catalog;

const NON_ALPHANUMERIC_BUT_DASH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// All REST routes.
#[derive(Debug)]
pub struct Routes {
    trie: Trie<Arc<Binding>>,
    all: Vec<Arc<Binding>>,
}

/// A route and the path that led to it.
#[derive(Debug)]
pub struct Found {
    /// The route.
    pub binding: Arc<Binding>,
    segments: Vec<String>,
}

impl Found {
    /// The value of a variable of the path.
    ///
    /// # Errors
    /// It is no UTF-8.
    pub fn value(&self, variable: &Variable) -> Result<String, RpcError> {
        let segments: Vec<&str> = self.segments.iter().map(String::as_str).collect();
        self.binding.template.value(variable, &segments)
    }
}

/// What is known of a path.
#[derive(Debug)]
pub enum Lookup {
    /// A route.
    Found(Found),
    /// Routes for these methods only, as the header `Allow` lists them.
    OtherMethods(String),
    /// Nothing.
    None,
}

impl Routes {
    /// Makes the routes of all public RPCs.
    ///
    /// # Errors
    /// A rule that cannot work, or two routes in one place.
    pub fn new(pool: &DescriptorPool, catalog: &Catalog) -> anyhow::Result<Self> {
        let (mut trie, mut all) = (Trie::default(), Vec::new());
        for service in pool.services() {
            for method in service.methods() {
                let path = format!("/{}/{}", service.full_name(), method.name());
                let Some(rpc) = catalog.get(&path) else { continue };
                for rule in http_rule::read(pool, &method).with_context(|| path.clone())? {
                    let binding = Arc::new(Binding::new(rpc.clone(), method.clone(), rule).with_context(|| path.clone())?);
                    if let Err(taken) = trie.insert(&binding.template, &binding.method, binding.clone()) {
                        anyhow::bail!(
                            "{} {} belongs to {} and to {}",
                            binding.method,
                            binding.template.text,
                            taken.rpc.path,
                            path
                        );
                    }
                    all.push(binding);
                }
            }
        }
        all.sort_by(|a, b| (&a.template.text, a.method.as_str()).cmp(&(&b.template.text, b.method.as_str())));
        Ok(Self { trie, all })
    }

    /// The route of a request.
    #[must_use]
    pub fn find(&self, method: &Method, path: &str) -> Lookup {
        let Some(path) = path.strip_prefix('/') else { return Lookup::None };
        let (folder, last) = path.rsplit_once('/').map_or((None, path), |(folder, last)| (Some(folder), last));
        // A colon of a value must be escaped; an unescaped one always begins a verb.
        let (last, verb) = last.rsplit_once(':').map_or((last, None), |(last, verb)| (last, Some(verb)));
        let segments: Vec<&str> = folder.into_iter().flat_map(|folder| folder.split('/')).chain([last]).collect();
        let mut allowed = BTreeSet::new();
        if let Some(binding) = self.trie.find(&segments, verb, method, &mut allowed) {
            let segments = segments.into_iter().map(str::to_owned).collect();
            return Lookup::Found(Found {
                binding: binding.clone(),
                segments,
            });
        }
        if allowed.is_empty() {
            return Lookup::None;
        }
        if allowed.contains("GET") {
            allowed.insert("HEAD".to_owned());
        }
        Lookup::OtherMethods(allowed.into_iter().collect::<Vec<_>>().join(", "))
    }

    /// Where a new resource can be read: the GET route that answers this type and has one variable.
    #[must_use]
    pub fn location(&self, resource: &DynamicMessage) -> Option<HeaderValue> {
        let id = super::print::text_of(resource, "id")?;
        let kind = resource.descriptor();
        let reads = |binding: &&Arc<Binding>| {
            let answers =
                matches!(&binding.answer, AnswerRule::Field(field) if field.kind() == Kind::Message(kind.clone()) && !field.is_list());
            binding.method == Method::GET && answers && binding.variables.len() == 1
        };
        let text = &self.all.iter().find(reads)?.template.text;
        let (before, after) = (text.split('{').next()?, text.split('}').next_back()?);
        HeaderValue::from_str(&format!("{before}{}{after}", utf8_percent_encode(&id, NON_ALPHANUMERIC_BUT_DASH))).ok()
    }

    /// Whether a path is below a place where routes are, so that it can be no page of the UI.
    #[must_use]
    pub fn owns(&self, path: &str) -> bool {
        let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        self.trie.roots().any(|root| root == first)
    }

    /// All routes in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Binding>> {
        self.all.iter()
    }

    /// The list that is committed and compared, because a changed route breaks clients and `buf breaking` does not see it.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.all.iter().map(|binding| line(binding)).collect()
    }
}

fn line(binding: &Binding) -> String {
    let body = match &binding.body {
        BodyRule::None => "-".to_owned(),
        BodyRule::Whole => "*".to_owned(),
        BodyRule::Field(field) => field.name().to_owned(),
        BodyRule::Raw(field) => format!("bytes:{}", field.as_ref().map_or("*", |field| field.name())),
    };
    let answer = match &binding.answer {
        AnswerRule::Whole => "*".to_owned(),
        AnswerRule::Field(field) => field.name().to_owned(),
        AnswerRule::Raw(field) => format!("bytes:{}", field.as_ref().map_or("*", |field| field.name())),
    };
    let policy = &binding.rpc.policy;
    let who = match policy.auth() {
        Auth::Public => "public".to_owned(),
        _ if policy.permission.is_empty() => "user".to_owned(),
        _ => format!("user+{}@{}", policy.permission, policy.object_field),
    };
    let stream = if binding.rpc.server_streaming { " stream" } else { "" };
    let rpc = binding.rpc.path.trim_start_matches('/');
    format!(
        "{} {} body={body} answer={answer} success={} policy={who} {rpc}{stream}\n",
        binding.method,
        binding.template.text,
        binding.success.as_u16()
    )
}
