//! What stops the gateway from starting, because it could not work later.

use std::sync::Arc;

use tasktracker_gateway::{Backends, Config, Gateway};
use tasktracker_server::Upstream;
use tasktracker_server::clock::SystemClock;
use tasktracker_server::ids::Ids;

use crate::world::{Auth, THINGS, World};

fn start(descriptors: &[u8], config: Config) -> anyhow::Result<Gateway> {
    let clock = Arc::new(SystemClock);
    Gateway::new(
        config,
        descriptors,
        &Backends::default(),
        Arc::new(Auth::default()),
        clock.clone(),
        Ids::system(clock),
    )
}

/// A world whose service is behind an address where nobody listens.
pub async fn unreachable_world() -> World {
    let mut world = World::start().await;
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let upstream = Upstream::remote(format!("http://{nowhere}").parse().unwrap());
    let by_service = [("tasktracker.trial.v1.ThingService".to_owned(), upstream)].into();
    let clock = Arc::new(SystemClock);
    let config = Config::default();
    let gateway = Gateway::new(
        config,
        &THINGS,
        &Backends { by_service },
        world.auth.clone(),
        clock.clone(),
        Ids::system(clock),
    )
    .unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    world.address = listener.local_addr().unwrap();
    tasktracker_server::listen::serve("gateway", listener, gateway.service(), &world.lifecycle);
    world.gateway = gateway;
    world
}

/// Compiles one service with these RPCs.
fn with_rpcs(rpcs: &str) -> Vec<u8> {
    let source = format!(
        "syntax = \"proto3\"; package broken.v1; import \"google/api/annotations.proto\"; import \"tasktracker/options/v1/policy.proto\"; import \"google/rpc/status.proto\";
         message Inner {{ string id = 1; }}
         message Ask {{ string id = 1; repeated string ids = 2; Inner inner = 3; map<string, string> words = 4; }}
         message Tell {{ string id = 1; }}
         service S {{ {rpcs} }}"
    );
    let file = protox::file::File::from_source("broken.proto", &source).unwrap();
    let mut resolver = protox::file::ChainFileResolver::new();
    resolver.add(OneFile(file));
    resolver.add(protox::file::IncludeFileResolver::new(
        concat!(env!("CARGO_MANIFEST_DIR"), "/../proto").into(),
    ));
    resolver.add(protox::file::IncludeFileResolver::new(
        concat!(env!("CARGO_MANIFEST_DIR"), "/../proto/third_party").into(),
    ));
    resolver.add(protox::file::GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    compiler.include_imports(true).open_file("broken.proto").unwrap();
    compiler.encode_file_descriptor_set()
}

struct OneFile(protox::file::File);

impl protox::file::FileResolver for OneFile {
    fn open_file(&self, name: &str) -> Result<protox::file::File, protox::Error> {
        if name == "broken.proto" {
            Ok(self.0.clone())
        } else {
            Err(protox::Error::file_not_found(name))
        }
    }
}

fn rpc(name: &str, http: &str) -> String {
    format!(
        "rpc {name}(Ask) returns (Tell) {{ option (google.api.http) = {{{http}}}; option (tasktracker.options.v1.policy) = {{auth: AUTH_PUBLIC}}; }}"
    )
}

#[test]
fn rules_that_cannot_work_stop_the_start() {
    assert!(start(&with_rpcs(&rpc("A", "get: \"/v1/{id}\"")), Config::default()).is_ok());
    for (rpcs, complaint) in [
        (rpc("A", "get: \"/v1/{nope}\""), "no field nope"),
        (rpc("A", "get: \"/v1/{ids}\""), "repeated"),
        (rpc("A", "get: \"/v1/{inner}\""), "is a message"),
        (rpc("A", "get: \"/v1/{words}\""), "repeated"),
        (rpc("A", "get: \"/v1/{inner.nope}\""), "no field inner.nope"),
        (rpc("A", "get: \"v1\""), "no path template"),
        (rpc("A", "get: \"/v1/x\" body: \"*\""), "have no body"),
        (rpc("A", "delete: \"/v1/x\" body: \"inner\""), "have no body"),
        (rpc("A", "post: \"/v1/x\" body: \"nope\""), "no field nope"),
        (rpc("A", "post: \"/v1/x\" response_body: \"nope\""), "no field nope"),
        (format!("{} {}", rpc("A", "get: \"/v1/{id}\""), rpc("B", "get: \"/v1/{inner.id}\"")), "belongs to"),
        ("rpc A(Ask) returns (Tell);".to_owned(), "no policy"),
        ("rpc A(stream Ask) returns (Tell) { option (google.api.http) = {post: \"/v1/x\" body: \"*\"}; option (tasktracker.options.v1.policy) = {auth: AUTH_PUBLIC}; }".to_owned(), "client stream"),
    ] {
        let error = format!("{:#}", start(&with_rpcs(&rpcs), Config::default()).expect_err(&rpcs));
        assert!(error.contains(complaint) && error.contains("/broken.v1.S/"), "{rpcs}\n{error}");
    }
}

#[test]
fn settings_that_cannot_be_stop_the_start() {
    for (config, complaint) in [
        (
            Config {
                public_url: "tasks".to_owned(),
                ..Config::default()
            },
            "public_url",
        ),
        (
            Config {
                cors_origins: vec!["*".to_owned()],
                ..Config::default()
            },
            "cors_origins",
        ),
        (
            Config {
                trusted_proxies: vec!["10.0.0.0/99".to_owned()],
                ..Config::default()
            },
            "trusted_proxies",
        ),
    ] {
        let error = format!("{:#}", start(&THINGS, config).unwrap_err());
        assert!(error.contains(complaint), "{error}");
    }
}

#[test]
fn the_real_contract_starts() {
    let gateway = start(tasktracker_proto::DESCRIPTORS_WITH_COMMENTS, Config::default()).unwrap();
    let routes = gateway.routes_txt();
    for line in [
        "POST /v1/sessions:signIn ",
        "PATCH /v1/tasks/{task.id} ",
        "GET /v1/watch ",
        "GET /.well-known/jwks.json ",
    ] {
        assert!(routes.contains(line), "{line} in\n{routes}");
    }
    for internal in ["PermissionService", "CredentialService", "ScopeService", "ContactService"] {
        assert!(
            !routes.contains(internal) && !gateway.openapi_json().contains(internal),
            "{internal}"
        );
    }
}
