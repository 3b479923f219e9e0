//! One RPC, one file and one test file, found by name: any RPC in ten seconds.

use std::collections::BTreeSet;

use super::Rule;
use crate::protos::{Protos, Rpc, snake};
use crate::repository::Repository;

pub const RULE: Rule = Rule {
    name: "rpc-files",
    promise: "each RPC is one file, with one test file of the same name",
    remedy: "put the RPC into src/rpc/<service>/<rpc>.rs and its tests into tests/it/<service>/<rpc>.rs",
    check: |subject| Ok(find(&subject.repository, &places(subject.protos()?)).into()),
};

/// Files of `src/rpc` that are not an RPC: the table of contents, conversions between messages and domain, and the steps that several RPCs
/// share. A new name here is a decision: whatever is named like an RPC must be one.
const BESIDES: &[&str] = &[
    "mod",
    "convert",
    "load",
    "change",
    "scope",
    "mentions",
    "events",
    "resume",
    "inbox",
    "refuse",
    "replay",
    "paging",
    "edit_base",
];

/// Where an RPC lives.
struct Place {
    folder: String,
    service: String,
    rpc: String,
}

impl Place {
    fn of(area: &str, service: &str, rpc: &str) -> Self {
        // The operations service is served by every process, from the crate that holds jobs.
        let owner = if area == "operations" { "jobs" } else { area };
        Self {
            folder: format!("crates/{owner}"),
            service: snake(service),
            rpc: snake(rpc),
        }
    }

    fn source(&self) -> String {
        format!("{}/src/rpc/{}/{}.rs", self.folder, self.service, self.rpc)
    }

    fn tests(&self) -> String {
        format!("{}/tests/it/{}/{}.rs", self.folder, self.service, self.rpc)
    }
}

fn places(protos: &Protos) -> Vec<Place> {
    let place = |rpc: &Rpc| Place::of(&rpc.area(), rpc.method.parent_service().name(), rpc.short_name());
    protos.rpcs.iter().map(place).collect()
}

fn find(repository: &Repository, places: &[Place]) -> Vec<String> {
    let mut findings = Vec::new();
    for place in places {
        if !repository.has(&place.source()) {
            findings.push(format!("{}: is missing", place.source()));
        }
        match repository.text(&place.tests()) {
            None => findings.push(format!("{}: is missing", place.tests())),
            Some(text) if !has_test(text) => findings.push(format!("{}: holds no test", place.tests())),
            Some(_) => {}
        }
    }
    findings.extend(find_without_rpc(repository, places));
    findings
}

/// Files under `src/rpc` of a service's crate that belong to no RPC.
fn find_without_rpc(repository: &Repository, places: &[Place]) -> Vec<String> {
    let expected: BTreeSet<String> = places.iter().map(Place::source).collect();
    let folders: BTreeSet<String> = places.iter().map(|place| format!("{}/src/rpc/", place.folder)).collect();
    let mut findings = Vec::new();
    for file in repository
        .rust()
        .filter(|file| folders.iter().any(|folder| file.path.starts_with(folder.as_str())))
    {
        let stem = file.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
        if !expected.contains(&file.path) && !BESIDES.contains(&stem) {
            findings.push(format!("{}: there is no such RPC", file.path));
        }
    }
    findings
}

fn has_test(text: &str) -> bool {
    text.lines()
        .map(str::trim_start)
        .any(|line| line.starts_with("#[") && line.contains("test"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protos::samples;

    const SOURCE: &str = "crates/core/src/rpc/sample_service/get_thing.rs";
    const TESTS: &str = "crates/core/tests/it/sample_service/get_thing.rs";

    #[test]
    fn finds_missing_empty_and_superfluous_files() {
        let places = places(&samples::rpc("GetThing", "", "", ""));
        assert_eq!(find(&Repository::of(&[]), &places).len(), 2);
        let repository = Repository::of(&[
            (SOURCE, "//! Gets."),
            (TESTS, "//! Tests nothing."),
            ("crates/core/src/rpc/sample_service/get_other.rs", "//! No RPC."),
            ("crates/core/src/rpc/sample_service/mod.rs", "//! Contents."),
        ]);
        assert_eq!(
            find(&repository, &places),
            [
                "crates/core/tests/it/sample_service/get_thing.rs: holds no test",
                "crates/core/src/rpc/sample_service/get_other.rs: there is no such RPC"
            ]
        );
    }

    #[test]
    fn lets_a_complete_rpc_pass() {
        let repository = Repository::of(&[(SOURCE, "//! Gets."), (TESTS, "//! Tests.\n#[tokio::test]\nasync fn gets() {}")]);
        assert!(find(&repository, &places(&samples::rpc("GetThing", "", "", ""))).is_empty());
    }
}
