//! The contract as the rules see it: every RPC with its REST route and its policy, read from the protos themselves.

use std::path::Path;

use anyhow::{Context, Result};
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, MessageDescriptor, MethodDescriptor, ReflectMessage, Value};

/// The compiled protos.
pub struct Protos {
    /// All descriptors, vendored ones too.
    pub pool: DescriptorPool,
    /// Our RPCs by name.
    pub rpcs: Vec<Rpc>,
}

/// One RPC.
pub struct Rpc {
    /// Its descriptor.
    pub method: MethodDescriptor,
    /// REST routes; the first is the one to use.
    pub routes: Vec<Route>,
    /// Who may call it.
    pub policy: Option<Policy>,
    /// `NO_SIDE_EFFECTS`, `IDEMPOTENT` or `IDEMPOTENCY_UNKNOWN`.
    pub idempotency: String,
}

/// `google.api.http`.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// `GET`, `POST`, ...
    pub verb: String,
    /// Template such as `/v1/tasks/{task_id}`.
    pub path: String,
    /// Request field of the body, `*`, or empty.
    pub body: String,
    /// Response field that is the answer, or empty for the whole message.
    pub response_body: String,
}

/// `tasktracker.options.v1.policy`.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Such as `AUTH_USER`.
    pub auth: String,
    /// Such as `task.update`.
    pub permission: String,
    /// Such as `task.id`.
    pub object_field: String,
    /// Status of success on REST; 0 means 200.
    pub success: i32,
    /// Relative cost; 0 means 1.
    pub cost: i32,
}

impl Protos {
    /// Compiles every proto under `proto/tasktracker`.
    pub fn read(root: &Path) -> Result<Self> {
        let own = root.join("proto");
        let mut files = Vec::new();
        collect(&own.join("tasktracker"), &mut files)?;
        files.sort();
        let mut compiler = protox::Compiler::new([own.clone(), own.join("third_party")])?;
        compiler
            .include_imports(true)
            .open_files(files)
            .context("the protos do not compile")?;
        Self::of(compiler.descriptor_pool())
    }

    fn of(pool: DescriptorPool) -> Result<Self> {
        let mut rpcs = Vec::new();
        for service in pool.services().filter(|service| service.package_name().starts_with("tasktracker.")) {
            for method in service.methods() {
                rpcs.push(Rpc::of(&pool, method)?);
            }
        }
        rpcs.sort_by_key(Rpc::name);
        Ok(Self { pool, rpcs })
    }
}

impl Rpc {
    fn of(pool: &DescriptorPool, method: MethodDescriptor) -> Result<Self> {
        let options = method.options();
        let option = |name: &str| -> Result<Option<DynamicMessage>> {
            let Some(extension) = pool.get_extension_by_name(name) else {
                return Ok(None);
            };
            Ok(options
                .has_extension(&extension)
                .then(|| options.get_extension(&extension).as_message().cloned())
                .flatten())
        };
        let mut routes = Vec::new();
        if let Some(rule) = option("google.api.http")? {
            routes.push(Route::of(&rule)?);
            for more in rule
                .get_field_by_name("additional_bindings")
                .iter()
                .filter_map(|value| value.as_list())
                .flatten()
            {
                routes.push(Route::of(more.as_message().context("an additional binding is a message")?)?);
            }
        }
        let policy = option("tasktracker.options.v1.policy")?.map(|policy| Policy::of(&policy));
        let proto = method.method_descriptor_proto().options.clone().unwrap_or_default();
        let idempotency = proto.idempotency_level().as_str_name().to_owned();
        Ok(Self {
            method,
            routes,
            policy,
            idempotency,
        })
    }

    /// Full name, such as `tasktracker.core.v1.TaskService/GetTask`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.method.parent_service().full_name(), self.method.name())
    }

    /// Short name, such as `GetTask`.
    pub fn short_name(&self) -> &str {
        self.method.name()
    }

    /// The folder in `tasktracker.<folder>.v1`.
    pub fn area(&self) -> String {
        self.method
            .parent_service()
            .package_name()
            .split('.')
            .nth(1)
            .unwrap_or_default()
            .to_owned()
    }

    /// Whether the gateway may route it.
    pub fn is_exposed(&self) -> bool {
        self.policy
            .as_ref()
            .is_some_and(|policy| matches!(policy.auth.as_str(), "AUTH_PUBLIC" | "AUTH_USER"))
    }

    /// Whether it answers once.
    pub fn is_unary(&self) -> bool {
        !self.method.is_client_streaming() && !self.method.is_server_streaming()
    }
}

impl Route {
    fn of(rule: &DynamicMessage) -> Result<Self> {
        const VERBS: [&str; 5] = ["get", "put", "post", "delete", "patch"];
        let verb = VERBS
            .into_iter()
            .find(|verb| rule.has_field_by_name(verb))
            .context("a route has a verb of its own kind")?;
        let text = |name| text(rule, name);
        Ok(Self {
            verb: verb.to_uppercase(),
            path: text(verb),
            body: text("body"),
            response_body: text("response_body"),
        })
    }

    /// Names of the path's variables, such as `task.id`.
    pub fn variables(&self) -> Vec<&str> {
        let inside = self.path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
        inside.map(|variable| variable.split('=').next().unwrap_or_default()).collect()
    }

    /// The custom verb after the last `:`, such as `move`.
    pub fn custom_verb(&self) -> Option<&str> {
        self.path
            .rsplit_once(':')
            .map(|(_, verb)| verb)
            .filter(|verb| !verb.contains(['/', '}']))
    }
}

impl Policy {
    fn of(policy: &DynamicMessage) -> Self {
        let number = |name| policy.get_field_by_name(name).and_then(|value| value.as_i32()).unwrap_or_default();
        let auth = policy.descriptor().get_field_by_name("auth").and_then(|field| {
            let kind = field.kind();
            let value = policy.get_field(&field).as_enum_number()?;
            kind.as_enum()?.get_value(value).map(|value| value.name().to_owned())
        });
        Self {
            auth: auth.unwrap_or_default(),
            permission: text(policy, "permission"),
            object_field: text(policy, "object_field"),
            success: number("http_success_code"),
            cost: number("cost"),
        }
    }
}

/// The field at a path such as `task.id`, looked for from a message.
pub fn field_at(message: &MessageDescriptor, path: &str) -> Option<FieldDescriptor> {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let field = message.get_field_by_name(first)?;
    match rest {
        None => Some(field),
        Some(rest) => field_at(field.kind().as_message()?, rest),
    }
}

/// Whether a field holds a message of this full name.
pub fn holds(field: &FieldDescriptor, message: &str) -> bool {
    field.kind().as_message().is_some_and(|kind| kind.full_name() == message)
}

/// `CreateTask` as `create_task`.
pub fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

fn text(message: &DynamicMessage, field: &str) -> String {
    match message.get_field_by_name(field).as_deref() {
        Some(Value::String(text)) => text.clone(),
        _ => String::new(),
    }
}

fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
pub mod samples {
    //! Contracts that exist only in tests.

    use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver, IncludeFileResolver};

    use super::Protos;

    struct Memory(String);

    impl FileResolver for Memory {
        fn open_file(&self, name: &str) -> Result<File, protox::Error> {
            if name == NAME {
                File::from_source(name, &self.0)
            } else {
                Err(protox::Error::file_not_found(name))
            }
        }
    }

    const NAME: &str = "tasktracker/core/v1/sample_service.proto";

    const TOP: &str = r#"syntax = "proto3";
        package tasktracker.core.v1;
        import "buf/validate/validate.proto";
        import "google/api/annotations.proto";
        import "google/protobuf/field_mask.proto";
        import "google/protobuf/timestamp.proto";
        import "tasktracker/auth/v1/permission.proto";
        import "tasktracker/options/v1/policy.proto";
        message Thing { string id = 1; string name = 2; string etag = 3; }
    "#;

    /// Compiles declarations that may use `Thing`, the options of our protos and the well-known types.
    pub fn protos(declarations: &str) -> Protos {
        let folder = crate::environment::root().join("proto");
        let mut resolver = ChainFileResolver::new();
        resolver.add(Memory(format!("{TOP}{declarations}")));
        resolver.add(GoogleFileResolver::new());
        resolver.add(IncludeFileResolver::new(folder.clone()));
        resolver.add(IncludeFileResolver::new(folder.join("third_party")));
        let mut compiler = protox::Compiler::with_file_resolver(resolver);
        compiler.include_imports(true).open_file(NAME).unwrap();
        Protos::of(compiler.descriptor_pool()).unwrap()
    }

    /// One RPC `name` of `SampleService` with the given options and request fields; its response has the given fields.
    pub fn rpc(name: &str, options: &str, request: &str, response: &str) -> Protos {
        protos(&format!(
            "service SampleService {{ rpc {name}({name}Request) returns ({name}Response) {{ {options} }} }}
             message {name}Request {{ {request} }}
             message {name}Response {{ {response} }}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_route_policy_and_idempotency() {
        let protos = samples::rpc(
            "GetThing",
            r#"option idempotency_level = NO_SIDE_EFFECTS;
               option (google.api.http) = {get: "/v1/things/{thing.id=*}:look" response_body: "thing"};
               option (tasktracker.options.v1.policy) = {auth: AUTH_USER permission: "task.view" object_field: "thing.id" cost: 2};"#,
            "Thing thing = 1;",
            "Thing thing = 1;",
        );

        let rpc = &protos.rpcs[0];
        assert_eq!(rpc.name(), "tasktracker.core.v1.SampleService/GetThing");
        assert_eq!(rpc.area(), "core");
        assert_eq!(rpc.idempotency, "NO_SIDE_EFFECTS");
        assert!(rpc.is_exposed() && rpc.is_unary());
        let route = &rpc.routes[0];
        assert_eq!((route.verb.as_str(), route.response_body.as_str()), ("GET", "thing"));
        assert_eq!(route.variables(), ["thing.id"]);
        assert_eq!(route.custom_verb(), Some("look"));
        let policy = rpc.policy.clone().unwrap();
        assert_eq!(
            (policy.auth.as_str(), policy.permission.as_str(), policy.cost),
            ("AUTH_USER", "task.view", 2)
        );
        assert!(field_at(&rpc.method.input(), "thing.id").is_some());
        assert!(field_at(&rpc.method.input(), "thing.ids").is_none());
    }

    #[test]
    fn names_files_as_rust_does() {
        assert_eq!(snake("TaskService"), "task_service");
        assert_eq!(snake("UnfollowTask"), "unfollow_task");
    }

    #[test]
    fn compiles_the_real_contract() {
        let protos = Protos::read(&crate::environment::root()).unwrap();
        assert!(protos.rpcs.iter().any(|rpc| rpc.short_name() == "CreateTask"));
    }
}
