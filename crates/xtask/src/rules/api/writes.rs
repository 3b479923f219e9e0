//! Lints of changing.

use prost_reflect::Kind;

use super::http::starts_with_word;
use crate::protos::{Route, Rpc, holds};

/// Update takes the resource as its body, its id from the path, and a mask that says which fields are meant.
pub fn updates_have_a_mask(rpc: &Rpc) -> Vec<String> {
    if !starts_with_word(rpc.short_name(), "Update") || !rpc.is_exposed() {
        return Vec::new();
    }
    let mut complaints = Vec::new();
    let mask = rpc.method.input().get_field_by_name("update_mask");
    let is_mask = mask.is_some_and(|field| holds(&field, "google.protobuf.FieldMask"));
    if !is_mask {
        complaints.push("an update takes `google.protobuf.FieldMask update_mask`".to_owned());
    }
    for route in &rpc.routes {
        if !is_resource(rpc, route) {
            complaints.push("an update's body is the resource".to_owned());
        } else if !route.variables().contains(&format!("{}.id", route.body).as_str()) {
            complaints.push(format!("an update's path ends with `{{{}.id}}`", route.body));
        }
    }
    complaints
}

/// Create and Add post the bare resource.
pub fn creates_take_the_resource(rpc: &Rpc) -> Vec<String> {
    if !["Create", "Add"].iter().any(|word| starts_with_word(rpc.short_name(), word)) {
        return Vec::new();
    }
    // An upload is described by its own fields: it becomes a file later.
    let routes = rpc
        .routes
        .iter()
        .filter(|route| rpc.short_name() != "CreateUpload" && !is_resource(rpc, route));
    routes.map(|_| "a create's body is the resource".to_owned()).collect()
}

/// Verbs of our own are POST with the whole request as body, and are named like the RPC.
pub fn custom_verbs_post_everything(rpc: &Rpc) -> Vec<String> {
    let mut complaints = Vec::new();
    for route in rpc.routes.iter().filter(|route| route.verb != "GET") {
        if route.custom_verb().is_some() && (route.verb != "POST" || route.body != "*" && !is_bytes(rpc, route)) {
            complaints.push("a custom verb is POST with `body: \"*\"`".to_owned());
        }
    }
    complaints
}

/// Writes of users can be sent again without harm: by `request_id`, or because the RPC is idempotent; what is deleted is gone either way.
pub fn writes_can_be_repeated(rpc: &Rpc) -> Vec<String> {
    let of_users = rpc.policy.as_ref().is_some_and(|policy| policy.auth == "AUTH_USER");
    let is_write = rpc.routes.iter().any(|route| matches!(route.verb.as_str(), "POST" | "PATCH"));
    if !of_users || !is_write || rpc.idempotency != "IDEMPOTENCY_UNKNOWN" {
        return Vec::new();
    }
    let request_id = rpc.method.input().get_field_by_name("request_id");
    if request_id.is_some_and(|field| field.kind() == Kind::String) {
        return Vec::new();
    }
    vec!["a write takes `string request_id`, or says that it is IDEMPOTENT".to_owned()]
}

fn is_resource(rpc: &Rpc, route: &Route) -> bool {
    rpc.method
        .input()
        .get_field_by_name(&route.body)
        .is_some_and(|field| matches!(field.kind(), Kind::Message(_)) && !field.is_list())
}

fn is_bytes(rpc: &Rpc, route: &Route) -> bool {
    rpc.method
        .input()
        .get_field_by_name(&route.body)
        .is_some_and(|field| holds(&field, "google.api.HttpBody"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{complaints, route};
    use super::*;

    #[test]
    fn updates() {
        let options = route(r#"patch: "/v1/things/{thing.id}" body: "thing""#);
        let request = "Thing thing = 1; google.protobuf.FieldMask update_mask = 2;";
        assert!(complaints(updates_have_a_mask, "UpdateThing", &options, request, "").is_empty());
        assert_eq!(
            complaints(updates_have_a_mask, "UpdateThing", &options, "Thing thing = 1;", "").len(),
            1
        );
        let flat = route(r#"patch: "/v1/things/{id}" body: "*""#);
        assert_eq!(complaints(updates_have_a_mask, "UpdateThing", &flat, "string id = 1;", "").len(), 2);
        let elsewhere = route(r#"patch: "/v1/things/{id}" body: "thing""#);
        assert_eq!(
            complaints(
                updates_have_a_mask,
                "UpdateThing",
                &elsewhere,
                &format!("{request} string id = 3;"),
                ""
            )
            .len(),
            1
        );
    }

    #[test]
    fn creates() {
        let bare = route(r#"post: "/v1/things" body: "thing""#);
        assert!(complaints(creates_take_the_resource, "CreateThing", &bare, "Thing thing = 1;", "").is_empty());
        let flat = route(r#"post: "/v1/things" body: "*""#);
        assert_eq!(
            complaints(creates_take_the_resource, "AddThing", &flat, "string name = 1;", "").len(),
            1
        );
    }

    #[test]
    fn custom_verbs() {
        assert!(
            complaints(
                custom_verbs_post_everything,
                "MoveThing",
                &route(r#"post: "/v1/things:move" body: "*""#),
                "",
                ""
            )
            .is_empty()
        );
        assert_eq!(
            complaints(
                custom_verbs_post_everything,
                "MoveThing",
                &route(r#"put: "/v1/things:move" body: "*""#),
                "",
                ""
            )
            .len(),
            1
        );
    }

    #[test]
    fn repeated_writes() {
        let options = route(r#"post: "/v1/things:move" body: "*""#);
        assert_eq!(complaints(writes_can_be_repeated, "MoveThing", &options, "", "").len(), 1);
        assert!(complaints(writes_can_be_repeated, "MoveThing", &options, "string request_id = 1;", "").is_empty());
        let idempotent = format!("option idempotency_level = IDEMPOTENT; {options}");
        assert!(complaints(writes_can_be_repeated, "MoveThing", &idempotent, "", "").is_empty());
    }
}
