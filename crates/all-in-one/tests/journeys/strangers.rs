//! Whoever shows no credential, or a wrong one, gets nothing but UNAUTHENTICATED, from every RPC that is for people (A1).

use tasktracker_proto::options::v1::Auth;
use tasktracker_testing::{Problem, World};

use crate::raw::{call, rpcs};

#[tokio::test]
async fn every_rpc_for_people_refuses_a_stranger_whatever_they_send() {
    let world = World::start().await;
    world.user("ada").await;
    let channel = world.channel();
    let people = rpcs(|method| method.policy.auth() == Auth::User);
    assert!(people.len() >= 30, "{}", people.len());
    for (path, _) in people {
        for message in [Vec::new(), vec![0xff; 40], vec![0x0a, 36]] {
            let status = call(&channel, path, &[], message.clone()).await.expect_err("refused");
            assert_eq!(Problem::of(&status).to_string(), "UNAUTHENTICATED CREDENTIAL_MISSING", "{path}");
            for credential in ["Bearer x", "Bearer eyJhbGciOiJub25lIn0.e30.", "Basic YWRhOng=", "Bearer", "x"] {
                let status = call(&channel, path, &[("authorization", credential)], message.clone())
                    .await
                    .expect_err("refused");
                assert_eq!(
                    Problem::of(&status).to_string(),
                    "UNAUTHENTICATED CREDENTIAL_INVALID",
                    "{path} {credential}"
                );
            }
        }
    }
}

#[tokio::test]
async fn rest_refuses_a_stranger_on_every_route_that_is_for_people() {
    let world = World::start().await;
    world.user("ada").await;
    let client = reqwest::Client::new();
    let mut routes = 0;
    for line in world.system.gateway.routes_txt().lines() {
        let Some((method, rest)) = line
            .split_once(char::is_whitespace)
            .filter(|(method, _)| method.chars().all(char::is_alphabetic))
        else {
            continue;
        };
        let path = rest.split_whitespace().next().expect("a path");
        let is_open = [":register", ":signIn", ":refresh", ":unsubscribe", "jwks.json", "/mail/feedback"]
            .iter()
            .any(|open| path.contains(open));
        if is_open {
            continue;
        }
        routes += 1;
        let path = fill(path);
        for body in ["{}", "{", "null", ""] {
            let request = client.request(method.parse().expect("a method"), format!("http://{}{path}", world.address));
            let answer = request
                .header("content-type", "application/json")
                .body(body)
                .send()
                .await
                .expect("an answer");
            assert_eq!(answer.status(), 401, "{method} {path}");
            assert!(answer.headers().contains_key("www-authenticate"), "{method} {path}");
            let text = answer.text().await.expect("a body");
            assert!(text.contains("CREDENTIAL_MISSING"), "{method} {path}: {text}");
        }
    }
    assert!(routes >= 25, "{routes} routes");
}

/// A path whose variables are ids that nothing has.
pub fn fill(path: &str) -> String {
    let mut filled = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        filled += before;
        filled += "0190b2c4-7f3e-7000-8000-000000000000";
        rest = after.split_once('}').expect("a variable ends").1;
    }
    filled + rest
}
