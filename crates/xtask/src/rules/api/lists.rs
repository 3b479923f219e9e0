//! Lints of reading.

use prost_reflect::Kind;

use super::http::starts_with_word;
use crate::protos::Rpc;

/// Public lists have pages from day one: adding them later breaks clients. Internal lists say `truncated` instead.
pub fn lists_have_pages(rpc: &Rpc) -> Vec<String> {
    if !starts_with_word(rpc.short_name(), "List") || !rpc.is_exposed() {
        return Vec::new();
    }
    let (request, response) = (rpc.method.input(), rpc.method.output());
    let has = |message: &prost_reflect::MessageDescriptor, name: &str, kind: Kind| {
        message
            .get_field_by_name(name)
            .is_some_and(|field| field.kind() == kind && !field.is_list())
    };
    let mut complaints = Vec::new();
    if !rpc.is_unary() {
        complaints.push("a list is answered page by page, not as a stream".to_owned());
    }
    if !has(&request, "page_size", Kind::Int32) || !has(&request, "page_token", Kind::String) {
        complaints.push("a list takes `int32 page_size` and `string page_token`".to_owned());
    }
    if !has(&response, "next_page_token", Kind::String) {
        complaints.push("a list answers `string next_page_token`".to_owned());
    }
    if response.fields().filter(|field| field.is_list()).count() != 1 {
        complaints.push("a list answers one repeated field".to_owned());
    }
    complaints
}

/// Reads say that they change nothing, so that they may be tried again; what says so is a read.
pub fn reads_say_so(rpc: &Rpc) -> Vec<String> {
    if !rpc.is_unary() {
        return Vec::new();
    }
    let name = rpc.short_name();
    let is_read =
        ["Get", "List", "Search"].iter().any(|word| starts_with_word(name, word)) || rpc.routes.iter().any(|route| route.verb == "GET");
    let says_so = rpc.idempotency == "NO_SIDE_EFFECTS";
    let is_routed_as_write = rpc.routes.iter().any(|route| route.verb != "GET");
    if is_read && !says_so {
        return vec!["needs `option idempotency_level = NO_SIDE_EFFECTS`".to_owned()];
    }
    if says_so && is_routed_as_write {
        return vec!["changes nothing, so its route is GET".to_owned()];
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{complaints, route};
    use super::*;

    #[test]
    fn pages() {
        let options = route(r#"get: "/v1/things""#);
        let request = "int32 page_size = 1; string page_token = 2;";
        let response = "repeated Thing things = 1; string next_page_token = 2;";
        assert!(complaints(lists_have_pages, "ListThings", &options, request, response).is_empty());
        assert_eq!(complaints(lists_have_pages, "ListThings", &options, "", response).len(), 1);
        assert_eq!(
            complaints(lists_have_pages, "ListThings", &options, request, "repeated Thing things = 1;").len(),
            1
        );
        assert_eq!(
            complaints(lists_have_pages, "ListThings", &options, request, "string next_page_token = 2;").len(),
            1
        );
    }

    #[test]
    fn reads() {
        let read = "option idempotency_level = NO_SIDE_EFFECTS;";
        assert_eq!(complaints(reads_say_so, "GetThing", "", "", "").len(), 1);
        assert!(complaints(reads_say_so, "GetThing", read, "", "").is_empty());
        let post = format!("{read}{}", route(r#"post: "/v1/things:look" body: "*""#));
        assert_eq!(complaints(reads_say_so, "LookThing", &post, "", "").len(), 1);
    }
}
