//! Lints of REST routes.

use prost_reflect::{Cardinality, FieldDescriptor, Kind};

use crate::protos::{Rpc, field_at, holds};

/// GET and DELETE carry nothing: many proxies drop such a body.
pub fn get_and_delete_have_no_body(rpc: &Rpc) -> Vec<String> {
    let routes = rpc
        .routes
        .iter()
        .filter(|route| matches!(route.verb.as_str(), "GET" | "DELETE") && !route.body.is_empty());
    routes.map(|route| format!("{} must not have a body", route.verb)).collect()
}

/// POST, PATCH and PUT say what their body is.
pub fn writes_have_a_body(rpc: &Rpc) -> Vec<String> {
    let routes = rpc
        .routes
        .iter()
        .filter(|route| matches!(route.verb.as_str(), "POST" | "PATCH" | "PUT") && route.body.is_empty());
    routes.map(|route| format!("{} must name its body", route.verb)).collect()
}

/// `body` and `response_body` are fields that exist.
pub fn bodies_are_fields(rpc: &Rpc) -> Vec<String> {
    let mut complaints = Vec::new();
    for route in &rpc.routes {
        if !matches!(route.body.as_str(), "" | "*") && rpc.method.input().get_field_by_name(&route.body).is_none() {
            complaints.push(format!("the request has no field `{}` for the body", route.body));
        }
        if !route.response_body.is_empty() && rpc.method.output().get_field_by_name(&route.response_body).is_none() {
            complaints.push(format!("the response has no field `{}` for the body", route.response_body));
        }
    }
    complaints
}

/// Paths begin with `/v1/` (or are well known) and their words and verbs are lowerCamelCase.
pub fn paths_have_one_form(rpc: &Rpc) -> Vec<String> {
    let mut complaints = Vec::new();
    for route in &rpc.routes {
        let Some(path) = route.path.strip_prefix("/v1/") else {
            if !route.path.starts_with("/.well-known/") {
                complaints.push(format!("`{}` does not begin with /v1/", route.path));
            }
            continue;
        };
        let words = path
            .split('/')
            .flat_map(|segment| segment.split(':'))
            .filter(|word| !word.starts_with('{'));
        let odd = words.filter(|word| {
            !word.starts_with(|first: char| first.is_ascii_lowercase()) || !word.chars().all(|letter| letter.is_ascii_alphanumeric())
        });
        complaints.extend(odd.map(|word| format!("`{word}` in its path is not lowerCamelCase")));
    }
    complaints
}

/// Variables of a path are ids of the request, of one segment each.
pub fn variables_are_request_fields(rpc: &Rpc) -> Vec<String> {
    let mut complaints = Vec::new();
    for route in &rpc.routes {
        if route.path.contains('=') {
            complaints.push("a path variable of several segments does not survive proxies".to_owned());
        }
        for variable in route.variables() {
            let field = field_at(&rpc.method.input(), variable);
            if !field.is_some_and(|field| field.kind() == Kind::String && !field.is_list()) {
                complaints.push(format!("the path's `{{{variable}}}` is no text field of the request"));
            }
        }
    }
    complaints
}

/// A response that holds one resource and nothing else answers the bare resource on REST.
pub fn single_resources_are_answered_bare(rpc: &Rpc) -> Vec<String> {
    let fields: Vec<FieldDescriptor> = rpc.method.output().fields().collect();
    let [only] = fields.as_slice() else { return Vec::new() };
    let is_resource = matches!(only.kind(), Kind::Message(_)) && only.cardinality() != Cardinality::Repeated;
    let routes = rpc
        .routes
        .iter()
        .filter(|route| is_resource && rpc.is_unary() && route.response_body != only.name());
    routes.map(|_| format!("needs `response_body: \"{}\"`", only.name())).collect()
}

/// 204 is the status of an empty answer, and of no other.
pub fn empty_answers_have_status_204(rpc: &Rpc) -> Vec<String> {
    if rpc.routes.is_empty() || !rpc.is_unary() {
        return Vec::new();
    }
    let is_empty = rpc.method.output().fields().len() == 0;
    let says_so = rpc.policy.as_ref().is_some_and(|policy| policy.success == 204);
    if is_empty == says_so {
        Vec::new()
    } else {
        vec!["204 is the status of an empty answer, and of no other".to_owned()]
    }
}

/// Get and List are GET, Update is PATCH, Delete and Remove are DELETE, Create and Add are POST with 201.
pub fn verbs_fit_names(rpc: &Rpc) -> Vec<String> {
    const VERBS: [(&str, &str); 7] = [
        ("Get", "GET"),
        ("List", "GET"),
        ("Update", "PATCH"),
        ("Delete", "DELETE"),
        ("Remove", "DELETE"),
        ("Create", "POST"),
        ("Add", "POST"),
    ];
    let Some((name, verb)) = VERBS.iter().find(|(name, _)| starts_with_word(rpc.short_name(), name)) else {
        return Vec::new();
    };
    let mut complaints = Vec::new();
    for route in rpc.routes.iter().filter(|route| route.verb != *verb) {
        complaints.push(format!("{name} is {verb}, not {}", route.verb));
    }
    if *verb == "POST" && !rpc.routes.is_empty() && rpc.policy.as_ref().is_some_and(|policy| policy.success != 201) {
        complaints.push(format!("{name} answers 201"));
    }
    complaints
}

/// REST can stream answers down, and bytes up as an HttpBody; nothing else.
pub fn streams_fit_rest(rpc: &Rpc) -> Vec<String> {
    if rpc.routes.is_empty() || !rpc.method.is_client_streaming() {
        return Vec::new();
    }
    let takes_bytes = rpc.routes.iter().all(|route| {
        let body = rpc.method.input().get_field_by_name(&route.body);
        body.is_some_and(|field| holds(&field, "google.api.HttpBody"))
    });
    if takes_bytes && !rpc.method.is_server_streaming() {
        Vec::new()
    } else {
        vec!["REST cannot carry this stream of requests".to_owned()]
    }
}

/// Whether a name begins with a word: `GetTask` with `Get`, `Getaway` not.
pub fn starts_with_word(name: &str, word: &str) -> bool {
    name.strip_prefix(word)
        .is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{complaints, route};
    use super::*;

    #[test]
    fn bodies() {
        let get = route(r#"get: "/v1/things" body: "*""#);
        assert_eq!(complaints(get_and_delete_have_no_body, "GetThing", &get, "", "").len(), 1);
        let post = route(r#"post: "/v1/things""#);
        assert_eq!(complaints(writes_have_a_body, "CreateThing", &post, "", "").len(), 1);
        let wrong = route(r#"post: "/v1/things" body: "thing" response_body: "thing""#);
        assert_eq!(complaints(bodies_are_fields, "CreateThing", &wrong, "", "").len(), 2);
        assert!(complaints(bodies_are_fields, "CreateThing", &wrong, "Thing thing = 1;", "Thing thing = 1;").is_empty());
    }

    #[test]
    fn paths() {
        let fine = route(r#"get: "/v1/identityProviders/{id}:revokeOthers""#);
        assert!(complaints(paths_have_one_form, "GetThing", &fine, "string id = 1;", "").is_empty());
        for bad in ["/things", "/v1/Things", "/v1/my_things", "/v1/my-things/{id}:do-it"] {
            let bad = route(&format!(r#"get: "{bad}""#));
            assert!(
                !complaints(paths_have_one_form, "GetThing", &bad, "string id = 1;", "").is_empty(),
                "{bad}"
            );
        }
    }

    #[test]
    fn variables() {
        let options = route(r#"get: "/v1/things/{thing.id}""#);
        assert!(complaints(variables_are_request_fields, "GetThing", &options, "Thing thing = 1;", "").is_empty());
        assert_eq!(
            complaints(variables_are_request_fields, "GetThing", &options, "string thing_id = 1;", "").len(),
            1
        );
        let long = route(r#"get: "/v1/{id=things/*}""#);
        assert_eq!(
            complaints(variables_are_request_fields, "GetThing", &long, "string id = 1;", "").len(),
            1
        );
    }

    #[test]
    fn answers() {
        let options = route(r#"get: "/v1/things""#);
        assert_eq!(
            complaints(single_resources_are_answered_bare, "GetThing", &options, "", "Thing thing = 1;").len(),
            1
        );
        assert!(
            complaints(
                single_resources_are_answered_bare,
                "ListThings",
                &options,
                "",
                "repeated Thing things = 1;"
            )
            .is_empty()
        );
        assert_eq!(complaints(empty_answers_have_status_204, "GetThing", &options, "", "").len(), 1);
        assert!(complaints(empty_answers_have_status_204, "GetThing", &options, "", "Thing thing = 1;").is_empty());
    }

    #[test]
    fn verbs() {
        assert_eq!(
            complaints(verbs_fit_names, "UpdateThing", &route(r#"put: "/v1/things" body: "*""#), "", "").len(),
            1
        );
        assert_eq!(
            complaints(verbs_fit_names, "CreateThing", &route(r#"post: "/v1/things" body: "*""#), "", "").len(),
            1
        );
        assert!(complaints(verbs_fit_names, "Getaway", &route(r#"post: "/v1/things" body: "*""#), "", "").is_empty());
    }

    #[test]
    fn streams() {
        let contract = |field: &str| {
            crate::protos::samples::protos(&format!(
                "service SampleService {{ rpc Write(stream WriteRequest) returns (WriteResponse) {{ {} }} }}
                 message WriteRequest {{ {field} content = 1; }} message WriteResponse {{}}",
                route(r#"put: "/v1/things" body: "content""#)
            ))
        };
        assert_eq!(streams_fit_rest(&contract("Thing").rpcs[0]).len(), 1);
    }
}
