//! Who may depend on whom: an allow-list, everything else is forbidden. Foundations know no service, services do not know each other.

use super::Rule;
use crate::workspace::{Member, Purpose};

pub const RULE: Rule = Rule {
    name: "dependencies",
    promise: "our crates depend on each other only as docs/ARCHITECTURE.md allows",
    remedy: "ask the other service by gRPC or follow its events; a new edge between foundations is a decision: change the table in dependencies.rs",
    check: |subject| Ok(find(&subject.workspace()?.members).into()),
};

/// A package, without its prefix, and the packages it may depend on.
const ALLOWED: &[(&str, &[&str])] = &[
    // Foundations.
    ("proto", &[]),
    ("server", &["proto"]),
    ("identity", &["proto", "server"]),
    ("database", &["proto", "server"]),
    ("events", &["proto", "server", "database"]),
    ("jobs", &["proto", "server", "identity", "database", "events"]),
    ("ephemeral", &["server"]),
    ("mail", &["server"]),
    ("migrations", &["database", "events", "jobs"]),
    (
        "service",
        &["proto", "server", "identity", "database", "events", "jobs", "migrations"],
    ),
    // Services.
    ("auth", SERVICE),
    ("core", SERVICE),
    ("analytics", SERVICE),
    ("files", SERVICE),
    ("gateway", &["proto", "server", "identity", "ephemeral"]),
    // Those that see everything.
    (ALL_IN_ONE, EVERYTHING),
    ("testing", EVERYTHING_AND_ALL_IN_ONE),
    // This one reads protos and manifests as files.
    ("xtask", &[]),
];

const SERVICE: &[&str] = &[
    "proto",
    "server",
    "identity",
    "database",
    "events",
    "jobs",
    "ephemeral",
    "mail",
    "migrations",
    "service",
];

const EVERYTHING: &[&str] = &[
    "proto",
    "server",
    "identity",
    "database",
    "events",
    "jobs",
    "ephemeral",
    "mail",
    "migrations",
    "service",
    "auth",
    "core",
    "analytics",
    "files",
    "gateway",
];

const EVERYTHING_AND_ALL_IN_ONE: &[&str] = &[
    "proto",
    "server",
    "identity",
    "database",
    "events",
    "jobs",
    "ephemeral",
    "mail",
    "migrations",
    "service",
    "auth",
    "core",
    "analytics",
    "files",
    "gateway",
    ALL_IN_ONE,
];

/// The package `tasktracker`, in crates/all-in-one.
const ALL_IN_ONE: &str = "all-in-one";

/// What any test may use besides; never part of production code.
const FOR_TESTS: &str = "testing";

fn find(members: &[Member]) -> Vec<String> {
    let mut findings = Vec::new();
    for member in members {
        let name = short(&member.name).unwrap_or(&member.name);
        let Some((_, allowed)) = ALLOWED.iter().find(|(package, _)| *package == name) else {
            findings.push(format!("{}: is not in the table of who may depend on whom", member.name));
            continue;
        };
        for (dependency, purpose) in &member.dependencies {
            let Some(other) = short(dependency) else { continue };
            let is_for_tests = *purpose == Purpose::Tests && (other == FOR_TESTS || other == name);
            if !allowed.contains(&other) && !is_for_tests {
                findings.push(format!("{name} depends on {other}"));
            }
        }
    }
    findings
}

/// One of our packages without its prefix.
fn short(package: &str) -> Option<&str> {
    if package == "tasktracker" {
        Some(ALL_IN_ONE)
    } else {
        package.strip_prefix("tasktracker-")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, dependencies: &[(&str, Purpose)]) -> Member {
        let dependencies = dependencies.iter().map(|(name, purpose)| ((*name).to_owned(), *purpose)).collect();
        Member {
            name: name.to_owned(),
            dependencies,
        }
    }

    #[test]
    fn finds_forbidden_edges() {
        let members = [
            member("tasktracker-core", &[("tasktracker-auth", Purpose::Production)]),
            member("tasktracker-server", &[("tasktracker-core", Purpose::Production)]),
            member("tasktracker-files", &[("tasktracker-testing", Purpose::Production)]),
            member("tasktracker-mail", &[("tasktracker-core", Purpose::Tests)]),
            member("tasktracker-gateway", &[("tasktracker", Purpose::Production)]),
            member("tasktracker-common", &[]),
        ];
        assert_eq!(
            find(&members),
            [
                "core depends on auth",
                "server depends on core",
                "files depends on testing",
                "mail depends on core",
                "gateway depends on all-in-one",
                "tasktracker-common: is not in the table of who may depend on whom"
            ]
        );
    }

    #[test]
    fn lets_allowed_edges_pass() {
        let members = [
            member(
                "tasktracker-core",
                &[("tasktracker-proto", Purpose::Production), ("serde", Purpose::Production)],
            ),
            member("tasktracker-auth", &[("tasktracker-testing", Purpose::Tests)]),
            member(
                "tasktracker",
                &[("tasktracker-auth", Purpose::Production), ("tasktracker-core", Purpose::Production)],
            ),
        ];
        assert!(find(&members).is_empty());
    }

    #[test]
    fn the_table_has_no_cycle() {
        // A foundation may only use what stands above it in the table, so reading down is reading up the stack.
        for (place, (name, allowed)) in ALLOWED.iter().enumerate() {
            for other in *allowed {
                let above = ALLOWED.iter().position(|(package, _)| package == other);
                assert!(
                    above.is_some_and(|above| above < place),
                    "{name} may use {other}, which is not above it"
                );
            }
        }
    }
}
