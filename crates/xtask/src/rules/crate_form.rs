//! Every crate says what it is in a README.md, takes the workspace's lints, and takes every dependency from the workspace.

use super::Rule;
use crate::repository::Repository;

pub const RULE: Rule = Rule {
    name: "crate-form",
    promise: "each crate has README.md, the workspace's lints and dependencies",
    remedy: "copy the form of crates/proto: README.md, `[lints] workspace = true`, `name.workspace = true`",
    check: |subject| Ok(find(&subject.repository).into()),
};

fn find(repository: &Repository) -> Vec<String> {
    let mut findings = Vec::new();
    for file in repository.files.iter().filter(|file| file.path.ends_with("/Cargo.toml")) {
        let folder = file.path.trim_end_matches("/Cargo.toml");
        if !repository.has(&format!("{folder}/README.md")) {
            findings.push(format!("{folder}: has no README.md"));
        }
        if !file.text.contains("[lints]\nworkspace = true") {
            findings.push(format!("{}: does not say `[lints] workspace = true`", file.path));
        }
        if !file.text.contains("\nname = \"tasktracker") {
            findings.push(format!("{}: the package's name does not begin with `tasktracker`", file.path));
        }
        findings.extend(
            own_versions(&file.text)
                .into_iter()
                .map(|name| format!("{}: `{name}` is not taken from the workspace", file.path)),
        );
    }
    findings
}

/// Dependencies that do not say `workspace = true`.
fn own_versions(manifest: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut in_dependencies = false;
    for line in manifest.lines() {
        if let Some(section) = line.strip_prefix('[') {
            let section = section.trim_end_matches(']');
            in_dependencies = section.ends_with("dependencies");
            // `[dependencies.name]`: a form of its own is not needed.
            names.extend(section.split_once("dependencies.").map(|(_, name)| name));
        } else if in_dependencies
            && let Some((name, value)) = line.split_once('=')
            && line.starts_with(|letter: char| letter.is_ascii_alphanumeric())
            && !name.trim_end().ends_with(".workspace")
            && !value.replace(' ', "").contains("workspace=true")
        {
            names.push(name.trim_end());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[package]\nname = \"tasktracker-x\"\n\n[dependencies]\nanyhow.workspace = true\nserde = { workspace = true, features = [\n  \"rc\",\n] }\n\n[lints]\nworkspace = true\n";

    #[test]
    fn lets_the_usual_form_pass() {
        assert!(find(&Repository::of(&[("crates/x/Cargo.toml", GOOD), ("crates/x/README.md", "# x")])).is_empty());
    }

    #[test]
    fn finds_what_is_missing() {
        let bad = "[package]\nname = \"x\"\n\n[dev-dependencies]\nserde = \"1\"\n\n[dependencies.toml]\nversion = \"1\"\n";
        let findings = find(&Repository::of(&[("crates/x/Cargo.toml", bad)]));
        assert_eq!(findings.len(), 5, "{findings:#?}");
    }
}
