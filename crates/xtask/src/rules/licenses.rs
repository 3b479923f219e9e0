//! Everything we build from may be used under one of a few known licences. deny.toml says the same to cargo-deny.

use super::Rule;
use crate::workspace::Outside;

pub const RULE: Rule = Rule {
    name: "licenses",
    promise: "everything we build from is under a licence we accept",
    remedy: "choose another crate, or accept the licence in licenses.rs and deny.toml after reading it",
    check: |subject| Ok(find(&subject.workspace()?.outside).into()),
};

const ACCEPTED: &[&str] = &[
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "MIT",
    "MIT-0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "BSL-1.0",
    "0BSD",
    "CC0-1.0",
    "Unlicense",
    "Unicode-3.0",
    "CDLA-Permissive-2.0",
    "OpenSSL",
];

/// Weak copyleft that asks nothing of those who only link it: accepted crate by crate.
const EXCEPTIONS: &[(&str, &str)] = &[];

fn find(outside: &[Outside]) -> Vec<String> {
    let mut findings = Vec::new();
    for package in outside {
        let license = package.license.as_deref().unwrap_or("none stated");
        let is_exception = EXCEPTIONS.contains(&(package.name.as_str(), license));
        if !is_accepted(license) && !is_exception {
            findings.push(format!("{} {}: {license}", package.name, package.version));
        }
    }
    findings
}

/// Whether an SPDX expression can be met: one side of each OR, both of each AND.
fn is_accepted(expression: &str) -> bool {
    // The old form `MIT/Apache-2.0` means OR.
    let expression = expression.replace('/', " OR ");
    let mut rest = expression.as_str();
    any(&mut rest) && rest.trim().is_empty()
}

fn any(rest: &mut &str) -> bool {
    let mut accepted = all(rest);
    while take(rest, "OR ") {
        accepted |= all(rest);
    }
    accepted
}

fn all(rest: &mut &str) -> bool {
    let mut accepted = one(rest);
    while take(rest, "AND ") {
        accepted &= one(rest);
    }
    accepted
}

fn one(rest: &mut &str) -> bool {
    if take(rest, "(") {
        let accepted = any(rest);
        return take(rest, ")") && accepted;
    }
    let text = rest.trim_start();
    let end = [" OR ", " AND ", ")"]
        .iter()
        .filter_map(|stop| text.find(stop))
        .min()
        .unwrap_or(text.len());
    *rest = &text[end..];
    ACCEPTED.contains(&text[..end].trim())
}

fn take(rest: &mut &str, token: &str) -> bool {
    let taken = rest.trim_start().strip_prefix(token);
    *rest = taken.unwrap_or(rest);
    taken.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_expressions() {
        for accepted in [
            "MIT",
            "MIT/Apache-2.0",
            "GPL-3.0-only OR MIT",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
            "ISC AND (Apache-2.0 OR ISC)",
        ] {
            assert!(is_accepted(accepted), "{accepted}");
        }
        for refused in [
            "GPL-3.0-only",
            "MIT AND GPL-3.0-only",
            "(MIT OR Apache-2.0) AND AGPL-3.0",
            "(MIT",
            "none stated",
            "",
        ] {
            assert!(!is_accepted(refused), "{refused}");
        }
    }

    #[test]
    fn finds_crates_under_other_licences() {
        let package = |name: &str, license: Option<&str>| Outside {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            license: license.map(str::to_owned),
        };
        let findings = find(&[
            package("good", Some("MIT")),
            package("copyleft", Some("AGPL-3.0")),
            package("silent", None),
        ]);
        assert_eq!(findings, ["copyleft 1.0.0: AGPL-3.0", "silent 1.0.0: none stated"]);
    }
}
