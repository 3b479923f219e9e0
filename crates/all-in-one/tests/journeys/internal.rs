//! What is internal is not there for anybody outside: not by gRPC, not by gRPC-web, not by REST, with whatever credential.

use std::sync::Arc;

use reqwest::Client;
use tasktracker_identity::InstanceSecret;
use tasktracker_identity::service::Credential;
use tasktracker_proto::options::v1::Auth;
use tasktracker_server::clock::SharedClock;
use tasktracker_testing::{Problem, World};
use tonic::Code;

use crate::raw::{call, rpcs};

fn internal() -> Vec<&'static str> {
    let internal = rpcs(|method| matches!(method.policy.auth(), Auth::Internal | Auth::InternalSecret));
    assert!(internal.len() >= 10, "{internal:?}");
    internal.into_iter().map(|(path, _)| path).collect()
}

/// The best credential there is: a service's own token, made with the instance's secret.
async fn service_token(world: &World) -> String {
    let secret = InstanceSecret::in_data_dir(&world.data_dir(), || panic!("the secret is there")).expect("the secret");
    let clock: SharedClock = Arc::clone(&world.clock) as SharedClock;
    let credential = Credential::new(world.system.way_to("tasktracker.auth.v1.UserService"), "core", &secret, clock);
    credential.header().await.expect("a token").to_str().expect("text").to_owned()
}

#[tokio::test]
async fn grpc_knows_no_internal_rpc() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let (channel, user, service) = (world.channel(), format!("Bearer {}", ada.token()), service_token(&world).await);
    for path in internal() {
        for metadata in [&[][..], &[("authorization", user.as_str())], &[("authorization", service.as_str())]] {
            let status = call(&channel, path, metadata, Vec::new()).await.expect_err("refused");
            let unknown = call(&channel, "/tasktracker.auth.v1.Nothing/Nothing", metadata, Vec::new())
                .await
                .expect_err("refused");
            assert_eq!(
                Problem::of(&status),
                Problem::of(&unknown),
                "{path} is as unknown as what does not exist"
            );
            assert_eq!(status.code(), Code::Unimplemented);
        }
    }
}

#[tokio::test]
async fn no_spelling_of_a_path_leads_to_them() {
    let world = World::start().await;
    let (client, service) = (
        Client::builder().http2_prior_knowledge().build().expect("a client"),
        service_token(&world).await,
    );
    let check = "tasktracker.auth.v1.PermissionService/Check";
    for path in [
        format!("//{check}"),
        format!("/./{check}"),
        format!("/x/../{check}"),
        format!("/{check}/"),
        format!("/{check}?x"),
        "/%74asktracker.auth.v1.PermissionService/Check".to_owned(),
        "/tasktracker.auth.v1.PermissionService%2FCheck".to_owned(),
        "/tasktracker.auth.v1.permissionservice/check".to_owned(),
        "/tasktracker.auth.v1.SessionService/../PermissionService/Check".to_owned(),
    ] {
        let request = client
            .post(format!("http://{}{path}", world.address))
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        let answer = request
            .header("authorization", &service)
            .body(vec![0; 5])
            .send()
            .await
            .expect("an answer");
        let status = answer
            .headers()
            .get("grpc-status")
            .map(|status| status.to_str().unwrap_or_default().to_owned());
        assert_eq!(status.as_deref(), Some("12"), "{path}");
    }
}

#[tokio::test]
async fn grpc_web_knows_no_internal_rpc() {
    let world = World::start().await;
    let (client, service) = (Client::new(), service_token(&world).await);
    for path in internal() {
        let request = client
            .post(format!("http://{}{path}", world.address))
            .header("content-type", "application/grpc-web+proto");
        let answer = request
            .header("authorization", &service)
            .header("x-grpc-web", "1")
            .body(vec![0; 5])
            .send()
            .await
            .expect("an answer");
        let header = answer
            .headers()
            .get("grpc-status")
            .map(|status| status.to_str().unwrap_or_default().to_owned());
        let body = String::from_utf8_lossy(&answer.bytes().await.expect("a body")).into_owned();
        assert!(
            header.as_deref() == Some("12") || body.contains("grpc-status:12"),
            "{path}: {header:?} {body:?}"
        );
    }
}

#[tokio::test]
async fn rest_knows_no_internal_rpc() {
    let world = World::start().await;
    let (client, service) = (Client::new(), service_token(&world).await);
    for path in internal() {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let request = client.request(method.parse().expect("a method"), format!("http://{}{path}", world.address));
            let answer = request
                .header("authorization", &service)
                .header("content-type", "application/json")
                .body("{}")
                .send()
                .await
                .expect("an answer");
            // Paths that are no API are the UI's, which only reads.
            assert!(
                matches!(answer.status().as_u16(), 404 | 405) || method == "GET",
                "{method} {path}: {}",
                answer.status()
            );
            let body = answer.text().await.expect("a body");
            assert!(
                !body.contains("revision") && !body.contains("accessToken"),
                "{method} {path}: {body}"
            );
        }
    }
    let documents = [world.system.gateway.openapi_json().to_owned(), world.system.gateway.routes_txt()];
    for word in ["PermissionService", "CredentialService", "ScopeService", "ContactService"] {
        assert!(!documents[0].contains(word), "the document tells of {word}");
        let route = documents[1]
            .lines()
            .find(|line| line.contains(word) && line.starts_with(char::is_alphabetic));
        assert_eq!(route, None);
    }
}

/// Reflection of the gateway tells clients of what they may call, and no more.
#[tokio::test]
async fn reflection_lists_no_internal_service() {
    let world = World::start().await;
    // ServerReflectionRequest{list_services: "*"}, by hand: field 7.
    for version in ["v1", "v1alpha"] {
        let path = format!("/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo");
        let answer = call(&world.channel(), &path, &[], vec![0x3a, 0x01, b'*']).await.expect("answers");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(
            answer.contains("tasktracker.core.v1.TaskService") && answer.contains("grpc.health.v1.Health"),
            "{answer}"
        );
        for word in ["PermissionService", "CredentialService", "ScopeService", "ContactService"] {
            assert!(!answer.contains(word), "{version} tells of {word}");
        }
        // FileContainingSymbol: field 4.
        let symbol = b"tasktracker.auth.v1.PermissionService";
        let question = [&[0x22, u8::try_from(symbol.len()).expect("short")], symbol.as_slice()].concat();
        let told = call(&world.channel(), &path, &[], question).await;
        let told = told.map(|answer| String::from_utf8_lossy(&answer).contains("GetEffectivePermissions"));
        assert!(!matches!(told, Ok(true)), "{version} tells how to call it");
    }
}

/// E28: what only the gateway may say is not believed from outside.
#[tokio::test]
async fn headers_of_the_inside_are_not_believed_from_outside() {
    let world = World::start().await;
    let (ada, eve) = (world.user("ada").await, world.user("eve").await);
    let web = ada.project("WEB").await;
    let path = "/tasktracker.core.v1.ProjectService/GetProject";
    let message = [&[0x0a, 36], web.id.as_bytes()].concat();
    let token = format!("Bearer {}", eve.token());
    for (name, value) in [
        ("x-user-id", ada.id.as_str()),
        ("x-tt-internal", "true"),
        ("x-authz-subject", ada.id.as_str()),
        ("x-authz-permissions", "project.view"),
        ("x-session-cookie", "x"),
        ("x-forwarded-user", "ada@example.com"),
    ] {
        let outcome = call(&world.channel(), path, &[("authorization", &token), (name, value)], message.clone()).await;
        assert_eq!(outcome.expect_err("refused").code(), Code::NotFound, "{name}");
        let outcome = call(&world.channel(), path, &[(name, value)], message.clone()).await;
        assert_eq!(outcome.expect_err("refused").code(), Code::Unauthenticated, "{name}");
    }
}
