//! The form of the API: what buf does not know of. Each lint reads one RPC and says what is wrong with it.

mod fields;
mod http;
mod lists;
mod writes;

use std::collections::BTreeMap;

use super::Rule;
use crate::protos::{Protos, Rpc};

pub const RULE: Rule = Rule {
    name: "api",
    promise: "RPCs, routes, pages, masks and ids have the form that every client relies on",
    remedy: "see the lint's comment in crates/xtask/src/rules/api; the form is the same for all RPCs",
    check: |subject| Ok(find(subject.protos()?).into()),
};

/// What is wrong with an RPC.
type Lint = fn(&Rpc) -> Vec<String>;

const LINTS: &[Lint] = &[
    http::get_and_delete_have_no_body,
    http::writes_have_a_body,
    http::bodies_are_fields,
    http::paths_have_one_form,
    http::variables_are_request_fields,
    http::single_resources_are_answered_bare,
    http::empty_answers_have_status_204,
    http::verbs_fit_names,
    http::streams_fit_rest,
    lists::lists_have_pages,
    lists::reads_say_so,
    writes::updates_have_a_mask,
    writes::creates_take_the_resource,
    writes::custom_verbs_post_everything,
    writes::writes_can_be_repeated,
    fields::request_strings_are_bounded,
    fields::times_are_named_so,
    fields::numbers_survive_json,
];

fn find(protos: &Protos) -> Vec<String> {
    let mut findings = Vec::new();
    for rpc in &protos.rpcs {
        for complaint in LINTS.iter().flat_map(|lint| lint(rpc)) {
            findings.push(format!("{}: {complaint}", rpc.name()));
        }
    }
    findings.extend(find_twins(protos));
    findings.extend(fields::long_reasons(&protos.pool));
    findings
}

/// Two RPCs with one route: only one could ever be reached.
fn find_twins(protos: &Protos) -> Vec<String> {
    let mut routes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for rpc in &protos.rpcs {
        for route in &rpc.routes {
            let shape: Vec<&str> = route
                .path
                .split('/')
                .map(|segment| if segment.starts_with('{') { shape(segment) } else { segment })
                .collect();
            routes
                .entry(format!("{} {}", route.verb, shape.join("/")))
                .or_default()
                .push(rpc.name());
        }
    }
    let twins = routes.into_iter().filter(|(_, rpcs)| rpcs.len() > 1);
    twins
        .map(|(route, rpcs)| format!("{route}: is the route of {}", rpcs.join(" and ")))
        .collect()
}

/// `{task_id}:move` as `:move`: what is left of a segment for telling routes apart.
fn shape(segment: &str) -> &str {
    segment.rsplit_once('}').map_or(segment, |(_, verb)| verb)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protos::samples;

    /// Complaints of one lint about an RPC.
    pub fn complaints(lint: Lint, name: &str, options: &str, request: &str, response: &str) -> Vec<String> {
        samples::rpc(name, options, request, response).rpcs.iter().flat_map(lint).collect()
    }

    /// Options of an RPC of users with a route.
    pub fn route(route: &str) -> String {
        format!("option (google.api.http) = {{{route}}}; option (tasktracker.options.v1.policy) = {{auth: AUTH_USER}};")
    }

    #[test]
    fn finds_routes_that_hide_each_other() {
        let protos = samples::protos(&format!(
            "service SampleService {{ rpc GetA(GetARequest) returns (GetAResponse) {{ {} }} rpc GetB(GetBRequest) returns (GetBResponse) {{ {} }} }}
             message GetARequest {{ string a = 1; }} message GetAResponse {{}} message GetBRequest {{ string b = 1; }} message GetBResponse {{}}",
            route(r#"get: "/v1/things/{a}""#),
            route(r#"get: "/v1/things/{b}""#),
        ));
        assert_eq!(find_twins(&protos).len(), 1);
    }
}
