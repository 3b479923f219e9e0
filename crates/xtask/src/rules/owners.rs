//! Each client of third-party infrastructure has one owning crate, and some crates are not wanted at all. deny.toml says the same.

use super::Rule;
use crate::workspace::{Member, Outside, Purpose};

pub const RULE: Rule = Rule {
    name: "owners",
    promise: "each third-party client has one owning crate; unwanted crates stay out",
    remedy: "go through the owning crate; for an unwanted crate use what the message names",
    check: |subject| {
        let workspace = subject.workspace()?;
        Ok([
            find_borrowed(&workspace.members),
            find_unwanted(&workspace.members, &workspace.outside),
        ]
        .concat()
        .into())
    },
};

/// A crate, or all that begin so (`opentelemetry*`), and the packages that may name it. Tests and the crate for tests may name any: they look
/// at the store itself.
const OWNERS: &[(&str, &[&str])] = &[
    ("rdkafka", &["events"]),
    ("mongodb", &["analytics"]),
    ("aws-sdk-s3", &["files"]),
    ("aws-sdk-sesv2", &["mail"]),
    ("lettre", &["mail"]),
    ("aws-config", &["files", "mail"]),
    ("hyper-rustls", &["mail"]),
    ("rustls-webpki", &["mail"]),
    ("mail-builder", &["mail"]),
    ("mailparse", &[]),
    ("fred", &["ephemeral"]),
    ("jsonwebtoken", &["identity"]),
    ("argon2", &["auth"]),
    ("openidconnect", &["auth"]),
    ("opentelemetry*", &["server"]),
    ("tracing-opentelemetry", &["server"]),
    ("tracing-subscriber", &["server"]),
    ("metrics-exporter-prometheus", &["server"]),
    ("sea-orm", &["database", "auth", "core", "analytics", "files", "events", "jobs"]),
    ("sea-orm-migration", &["database", "migrations"]),
    ("sqlx*", &[]),
    ("tonic-web", &["gateway"]),
    ("rust-embed", &["gateway"]),
    ("reqwest", &[]),
    ("tempfile", &[]),
    ("proptest", &[]),
    ("insta", &[]),
];

/// Never part of production code; the rule `dependencies` sees to that.
const FOR_TESTS: &str = "tasktracker-testing";

/// Nowhere in what we build, not even below others.
const UNWANTED: &[(&str, &str)] = &[
    ("openssl", "rustls"),
    ("openssl-sys", "rustls"),
    ("native-tls", "rustls"),
    ("rsa", "aws-lc-rs; this one leaks its key through timing"),
    ("protobuf", "prost"),
    ("grpcio", "tonic"),
];

/// Not named by us; others may use them.
const UNWANTED_BY_US: &[(&str, &str)] = &[
    ("chrono", "jiff"),
    ("time", "jiff"),
    ("rand", "server::ids"),
    ("ring", "aws-lc-rs"),
    ("lazy_static", "std::sync::LazyLock"),
    ("once_cell", "std::sync::OnceLock"),
    ("log", "tracing"),
    ("mockall", "a real store in a test"),
];

fn find_borrowed(members: &[Member]) -> Vec<String> {
    let mut findings = Vec::new();
    for member in members.iter().filter(|member| member.name != FOR_TESTS) {
        let name = member.name.trim_start_matches("tasktracker-");
        for (dependency, _) in member.dependencies.iter().filter(|(_, purpose)| *purpose == Purpose::Production) {
            if let Some((_, owners)) = OWNERS.iter().find(|(owned, _)| matches(owned, dependency))
                && !owners.contains(&name)
            {
                let owner = if owners.is_empty() {
                    "no production code".to_owned()
                } else {
                    owners.join(", ")
                };
                findings.push(format!("{name} depends on {dependency}, which belongs to {owner}"));
            }
        }
    }
    findings
}

fn find_unwanted(members: &[Member], outside: &[Outside]) -> Vec<String> {
    let mut findings = Vec::new();
    for (unwanted, instead) in UNWANTED {
        let found = outside.iter().filter(|package| package.name == *unwanted);
        findings.extend(found.map(|package| format!("{} {} is built in: use {instead}", package.name, package.version)));
    }
    for member in members {
        for (dependency, _) in &member.dependencies {
            let unwanted = UNWANTED_BY_US.iter().find(|(unwanted, _)| unwanted == dependency);
            findings.extend(unwanted.map(|(_, instead)| format!("{} depends on {dependency}: use {instead}", member.name)));
        }
    }
    findings
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, dependency: &str, purpose: Purpose) -> Member {
        Member {
            name: name.to_owned(),
            dependencies: vec![(dependency.to_owned(), purpose)],
        }
    }

    #[test]
    fn finds_clients_outside_their_owner() {
        let members = [
            member("tasktracker-core", "rdkafka", Purpose::Production),
            member("tasktracker-core", "opentelemetry_sdk", Purpose::Production),
            member("tasktracker-events", "rdkafka", Purpose::Production),
            member("tasktracker-gateway", "sea-orm", Purpose::Production),
            member("tasktracker-auth", "jsonwebtoken", Purpose::Tests),
            member("tasktracker-testing", "reqwest", Purpose::Production),
        ];
        assert_eq!(
            find_borrowed(&members),
            [
                "core depends on rdkafka, which belongs to events",
                "core depends on opentelemetry_sdk, which belongs to server",
                "gateway depends on sea-orm, which belongs to database, auth, core, analytics, files, events, jobs"
            ]
        );
    }

    #[test]
    fn finds_unwanted_crates_anywhere_and_in_our_manifests() {
        let outside = |name: &str| Outside {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            license: None,
        };
        let members = [member("tasktracker-core", "chrono", Purpose::Tests)];
        let findings = find_unwanted(&members, &[outside("openssl-sys"), outside("chrono"), outside("rustls")]);
        assert_eq!(
            findings,
            [
                "openssl-sys 1.0.0 is built in: use rustls",
                "tasktracker-core depends on chrono: use jiff"
            ]
        );
    }
}
