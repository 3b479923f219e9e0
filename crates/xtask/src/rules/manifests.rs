//! The root manifest pins every outside crate and says in the same line why it is here.

use super::Rule;

pub const RULE: Rule = Rule {
    name: "manifests",
    promise: "each outside crate in Cargo.toml says why it is here",
    remedy: "end the line in [workspace.dependencies] with `# reason`, and keep it on one line",
    check: |subject| Ok(find(subject.repository.text("Cargo.toml").unwrap_or_default()).into()),
};

fn find(manifest: &str) -> Vec<String> {
    let lines = manifest.lines().skip_while(|line| *line != "[workspace.dependencies]").skip(1);
    let dependencies = lines
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut findings = Vec::new();
    for line in dependencies {
        let Some((name, value)) = line.split_once(" = ") else {
            findings.push(format!("Cargo.toml: `{line}` is not one whole dependency"));
            continue;
        };
        let is_ours = value.starts_with("{ path = ");
        let (pin, reason) = value.rsplit_once(" # ").unwrap_or((value, ""));
        if !is_ours && reason.trim().is_empty() {
            findings.push(format!("Cargo.toml: `{name}` has no reason"));
        }
        if !is_ours && (pin.contains("git = ") || pin.contains('*')) {
            findings.push(format!("Cargo.toml: `{name}` is not a released version"));
        }
    }
    if findings.is_empty() && !manifest.contains("[workspace.dependencies]") {
        findings.push("Cargo.toml: has no [workspace.dependencies]".to_owned());
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_crates_without_a_reason_or_a_release() {
        let manifest = "[workspace.dependencies]\n# Ours.\nours = { path = \"crates/ours\" }\ngood = \"1.2\" # reads files\nbare = \"1.2\"\nwild = \"*\" # anything\nfork = { git = \"x\" } # ours\n\n[profile.dev]\nopt-level = 0\n";
        assert_eq!(
            find(manifest),
            [
                "Cargo.toml: `bare` has no reason",
                "Cargo.toml: `wild` is not a released version",
                "Cargo.toml: `fork` is not a released version"
            ]
        );
        assert_eq!(find("[workspace]\n").len(), 1);
    }
}
