//! `proto/routes.txt`: every route with its policy, generated and committed. buf sees no options, so this file is what shows such a change.

use std::fmt::Write;

use super::Rule;
use crate::protos::{Policy, Protos, Route, Rpc};

pub const RULE: Rule = Rule {
    name: "routes",
    promise: "proto/routes.txt shows every route and policy as the protos have them",
    remedy: "run `cargo xtask gen` and look at the difference: it is what clients will notice",
    check: |subject| Ok(find(subject.repository.text(PATH).unwrap_or_default(), &table(subject.protos()?)).into()),
};

/// Where the table is.
pub const PATH: &str = "proto/routes.txt";

/// The table: one line a route, sorted by RPC.
pub fn table(protos: &Protos) -> String {
    let mut table =
        String::from("# Written by `cargo xtask gen`: method, path, body, response body, policy, RPC. Internal RPCs have no route.\n");
    for rpc in &protos.rpcs {
        let policy = rpc.policy.as_ref().map_or_else(|| "none".to_owned(), describe);
        let none = Route {
            verb: String::new(),
            path: String::new(),
            body: String::new(),
            response_body: String::new(),
        };
        for route in if rpc.routes.is_empty() {
            std::slice::from_ref(&none)
        } else {
            &rpc.routes
        } {
            let [verb, path, body, response] = [&route.verb, &route.path, &route.body, &route.response_body].map(|text| or_dash(text));
            let _ = writeln!(
                table,
                "{verb:<6} {path:<52} {body:<8} {response:<10} {policy:<48} {}{}",
                rpc.name(),
                streams(rpc)
            );
        }
    }
    table
}

fn describe(policy: &Policy) -> String {
    let mut text = policy.auth.trim_start_matches("AUTH_").to_owned();
    if !policy.permission.is_empty() {
        let _ = write!(text, " {}({})", policy.permission, policy.object_field);
    }
    if policy.success != 0 {
        let _ = write!(text, " {}", policy.success);
    }
    if policy.cost != 0 {
        let _ = write!(text, " cost={}", policy.cost);
    }
    text
}

fn streams(rpc: &Rpc) -> &'static str {
    match (rpc.method.is_client_streaming(), rpc.method.is_server_streaming()) {
        (false, false) => "",
        (false, true) => " (server stream)",
        (true, false) => " (client stream)",
        (true, true) => " (both stream)",
    }
}

fn or_dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

/// Lines that differ between the committed table and the one of the protos.
fn find(committed: &str, present: &str) -> Vec<String> {
    let gone = committed
        .lines()
        .filter(|line| !present.lines().any(|other| other == *line))
        .map(|line| format!("{PATH}: - {line}"));
    let new = present
        .lines()
        .filter(|line| !committed.lines().any(|other| other == *line))
        .map(|line| format!("{PATH}: + {line}"));
    let findings: Vec<String> = gone.chain(new).collect();
    if findings.is_empty() && committed != present {
        vec![format!("{PATH}: its lines are not in order")]
    } else {
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protos::samples;

    fn protos(path: &str) -> Protos {
        samples::rpc(
            "MoveThing",
            &format!(
                r#"option (google.api.http) = {{post: "{path}" body: "*" response_body: "thing"}};
                   option (tasktracker.options.v1.policy) = {{auth: AUTH_USER permission: "task.view" object_field: "id" http_success_code: 201 cost: 3}};"#
            ),
            "string id = 1;",
            "Thing thing = 1;",
        )
    }

    #[test]
    fn shows_route_and_policy() {
        let table = table(&protos("/v1/things/{id}:move"));
        let words: Vec<&str> = table.lines().nth(1).unwrap().split_whitespace().collect();
        assert_eq!(
            words,
            [
                "POST",
                "/v1/things/{id}:move",
                "*",
                "thing",
                "USER",
                "task.view(id)",
                "201",
                "cost=3",
                "tasktracker.core.v1.SampleService/MoveThing"
            ]
        );
    }

    #[test]
    fn finds_changes() {
        let before = table(&protos("/v1/things/{id}:move"));
        let after = table(&protos("/v1/things/{id}:shift"));
        assert!(find(&before, &before).is_empty());
        assert_eq!(find(&before, &after).len(), 2);
        assert_eq!(find("", &after).len(), after.lines().count());
        let shuffled: Vec<&str> = after.lines().rev().collect();
        assert_eq!(find(&shuffled.join("\n"), &after).len(), 1);
    }
}
