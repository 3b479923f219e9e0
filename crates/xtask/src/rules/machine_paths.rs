//! No committed file names a path of somebody's machine or the host of a package registry: both are wrong on the next machine.

use super::Rule;
use crate::repository::Repository;

pub const RULE: Rule = Rule {
    name: "machine-paths",
    promise: "no file names a machine's paths or a registry's host",
    remedy: "use a path relative to the checkout, or let the client use its own registry",
    check: |subject| Ok(find(&subject.repository).into()),
};

/// Folders that exist on one machine only. In halves, so that this file passes its own rule.
const FOLDERS: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/ca", "che/"),
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("C:", "\\Users"),
];

/// Hosts of registries. Their clients know them.
const HOSTS: &[&str] = &[
    concat!("registry.", "npmjs.org"),
    concat!("files.python", "hosted.org"),
    concat!("py", "pi.org"),
    concat!("static.", "crates.io"),
    concat!("index.", "crates.io"),
    concat!("proxy.", "golang.org"),
    concat!("sum.", "golang.org"),
    concat!("repo.", "maven.apache.org"),
    concat!("repo1.", "maven.org"),
    concat!("deb.", "debian.org"),
];

/// As their tools write them.
const FREE: &[&str] = &["Cargo.lock", "proto/third_party/VENDORED.md"];

fn find(repository: &Repository) -> Vec<String> {
    let mut findings = Vec::new();
    for file in repository.files.iter().filter(|file| !FREE.contains(&file.path.as_str())) {
        for (number, line) in file.text.lines().enumerate() {
            let folder = FOLDERS.iter().find(|folder| names_folder(line, folder));
            let host = HOSTS.iter().find(|host| line.contains(**host));
            findings.extend(folder.or(host).map(|found| format!("{}:{}: `{found}`", file.path, number + 1)));
        }
    }
    findings
}

/// Whether the line names the folder itself, not one of the same name inside another (`src/home/mod.rs`, `$HOME/.cache/x`).
fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        !before.is_some_and(|letter| letter.is_alphanumeric() || "._-}~*".contains(letter))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_paths_and_hosts() {
        for text in [
            concat!("cd /wo", "rk/main"),
            concat!("path = \"/ho", "me/ada/x\""),
            concat!("https://registry.", "npmjs.org/x"),
            concat!("open C:", "\\Users\\ada"),
        ] {
            assert_eq!(find(&Repository::of(&[("README.md", text)])).len(), 1, "{text}");
        }
    }

    #[test]
    fn lets_relative_paths_pass() {
        let text = concat!(
            "web/src/ho",
            "me/page.ts and ${XDG_CACHE_HOME}/ca",
            "che/x and ~/.ca",
            "che/tasktracker"
        );
        assert!(find(&Repository::of(&[("README.md", text), ("Cargo.lock", concat!("/ro", "ot/x"))])).is_empty());
    }
}
