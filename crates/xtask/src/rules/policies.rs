//! Every RPC says who may call it, which permission it checks on which object, and is routed by REST exactly when it may be called from outside.

use std::collections::BTreeMap;

use prost_reflect::Kind;

use super::Rule;
use crate::protos::{Policy, Protos, Rpc, field_at};

pub const RULE: Rule = Rule {
    name: "policies",
    promise: "each RPC says who may call it, and REST routes exactly the public ones",
    remedy: "complete `option (tasktracker.options.v1.policy)` of the RPC; names of permissions are those of permission.proto",
    check: |subject| Ok(find(subject.protos()?).into()),
};

/// Permissions from this number on hold for the instance, so there is no object to name.
const FIRST_SYSTEM_PERMISSION: i32 = 64;

fn find(protos: &Protos) -> Vec<String> {
    let permissions = permissions(protos);
    let mut findings = Vec::new();
    for rpc in &protos.rpcs {
        let complaints = match &rpc.policy {
            None => vec!["has no policy".to_owned()],
            Some(policy) => check(rpc, policy, &permissions),
        };
        findings.extend(complaints.into_iter().map(|complaint| format!("{}: {complaint}", rpc.name())));
    }
    findings.extend(find_mixed(&protos.rpcs));
    findings
}

/// Public names and numbers of the permissions: `PERMISSION_TASK_UPDATE` is `task.update`.
fn permissions(protos: &Protos) -> BTreeMap<String, i32> {
    let catalogue = protos.pool.get_enum_by_name("tasktracker.auth.v1.Permission");
    let values = catalogue
        .iter()
        .flat_map(|catalogue| catalogue.values().collect::<Vec<_>>())
        .filter(|value| value.number() != 0);
    values
        .map(|value| {
            (
                value.name().trim_start_matches("PERMISSION_").to_lowercase().replacen('_', ".", 1),
                value.number(),
            )
        })
        .collect()
}

fn check(rpc: &Rpc, policy: &Policy, permissions: &BTreeMap<String, i32>) -> Vec<String> {
    let mut complaints = Vec::new();
    if policy.auth.is_empty() || policy.auth == "AUTH_UNSPECIFIED" {
        complaints.push("its policy does not say who may call it".to_owned());
    }
    if !matches!(policy.success, 0 | 201 | 202 | 204) {
        complaints.push(format!("HTTP status {} is not one of success", policy.success));
    }
    if policy.cost < 0 {
        complaints.push("its cost is negative".to_owned());
    }
    complaints.extend(check_permission(rpc, policy, permissions));
    // Operations are reached on a service's own port, never through the gateway.
    let is_routed = !rpc.routes.is_empty();
    if is_routed && !rpc.is_exposed() {
        complaints.push("is internal and must not have a REST route".to_owned());
    }
    if !is_routed && rpc.is_exposed() && rpc.area() != "operations" {
        complaints.push("has no REST route".to_owned());
    }
    complaints
}

fn check_permission(rpc: &Rpc, policy: &Policy, permissions: &BTreeMap<String, i32>) -> Vec<String> {
    let mut complaints = Vec::new();
    let object = &policy.object_field;
    if policy.permission.is_empty() {
        if !object.is_empty() {
            complaints.push(format!("names the object `{object}` but no permission"));
        }
        return complaints;
    }
    if policy.auth != "AUTH_USER" {
        complaints.push("only an RPC of users can check a permission".to_owned());
    }
    match permissions.get(&policy.permission) {
        None => complaints.push(format!("`{}` is not in permission.proto", policy.permission)),
        Some(number) if *number < FIRST_SYSTEM_PERMISSION && object.is_empty() => {
            complaints.push(format!("`{}` is a right in a project: name the object_field", policy.permission));
        }
        Some(_) => {}
    }
    if !object.is_empty() {
        match field_at(&rpc.method.input(), object) {
            None => complaints.push(format!("the request has no field `{object}`")),
            Some(field) if field.kind() != Kind::String => complaints.push(format!("`{object}` is no id")),
            Some(_) => {}
        }
    }
    complaints
}

/// A service is public or internal as a whole, so that the gateway can tell by its name.
fn find_mixed(rpcs: &[Rpc]) -> Vec<String> {
    let mut exposed: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for rpc in rpcs {
        let counts = exposed.entry(rpc.method.parent_service().full_name().to_owned()).or_default();
        counts.0 += usize::from(rpc.is_exposed());
        counts.1 += 1;
    }
    let mixed = exposed.into_iter().filter(|(_, (exposed, all))| *exposed != 0 && exposed != all);
    mixed
        .map(|(service, _)| format!("{service}: has public and internal RPCs; make two services"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protos::samples;

    fn complaints(policy: &str, route: bool) -> Vec<String> {
        let route = if route {
            r#"option (google.api.http) = {get: "/v1/things/{thing.id}"};"#
        } else {
            ""
        };
        let policy = if policy.is_empty() {
            String::new()
        } else {
            format!("option (tasktracker.options.v1.policy) = {{{policy}}};")
        };
        find(&samples::rpc(
            "GetThing",
            &format!("{policy}{route}"),
            "Thing thing = 1; int32 number = 2;",
            "",
        ))
    }

    #[test]
    fn lets_complete_policies_pass() {
        assert_eq!(
            complaints(r#"auth: AUTH_USER permission: "task.view" object_field: "thing.id""#, true),
            [""; 0]
        );
        assert_eq!(
            complaints(r#"auth: AUTH_USER permission: "project.create" http_success_code: 201"#, true),
            [""; 0]
        );
        assert_eq!(complaints("auth: AUTH_PUBLIC", true), [""; 0]);
        assert_eq!(complaints("auth: AUTH_INTERNAL", false), [""; 0]);
    }

    #[test]
    fn finds_what_is_wrong_with_a_policy() {
        for (policy, route, expected) in [
            ("", false, "has no policy"),
            ("cost: 2", false, "does not say who"),
            ("auth: AUTH_USER", false, "has no REST route"),
            ("auth: AUTH_INTERNAL", true, "must not have a REST route"),
            ("auth: AUTH_USER http_success_code: 404", true, "not one of success"),
            ("auth: AUTH_USER cost: -1", true, "cost is negative"),
            (
                r#"auth: AUTH_USER permission: "task.paint" object_field: "thing.id""#,
                true,
                "not in permission.proto",
            ),
            (r#"auth: AUTH_USER permission: "task.view""#, true, "name the object_field"),
            (
                r#"auth: AUTH_USER permission: "task.view" object_field: "thing.uid""#,
                true,
                "has no field",
            ),
            (
                r#"auth: AUTH_USER permission: "task.view" object_field: "number""#,
                true,
                "is no id",
            ),
            (r#"auth: AUTH_USER object_field: "thing.id""#, true, "no permission"),
            (
                r#"auth: AUTH_PUBLIC permission: "task.view" object_field: "thing.id""#,
                true,
                "only an RPC of users",
            ),
        ] {
            let found = complaints(policy, route);
            assert!(found.len() == 1 && found[0].contains(expected), "{policy}: {found:?}");
        }
    }

    #[test]
    fn finds_services_half_public() {
        let protos = samples::protos(
            r#"service SampleService {
                 rpc A(ARequest) returns (AResponse) { option (tasktracker.options.v1.policy) = {auth: AUTH_INTERNAL}; }
                 rpc B(BRequest) returns (BResponse) {
                   option (google.api.http) = {get: "/v1/b"};
                   option (tasktracker.options.v1.policy) = {auth: AUTH_PUBLIC};
                 }
               }
               message ARequest {} message AResponse {} message BRequest {} message BResponse {}"#,
        );
        assert_eq!(
            find(&protos),
            ["tasktracker.core.v1.SampleService: has public and internal RPCs; make two services"]
        );
    }
}
