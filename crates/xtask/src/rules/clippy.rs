//! Clippy has nothing to say, in code and tests alike. Its messages go to the terminal as they come.

use std::process::Command;

use anyhow::Result;

use super::Rule;
use crate::environment;

pub const RULE: Rule = Rule {
    name: "clippy",
    promise: "clippy has nothing to say",
    remedy: "do what clippy proposes; where it is wrong, `#[expect(..., reason = \"...\")]` at the smallest place",
    check: |_| Ok(find(environment::cargo().args(["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]))?.into()),
};

fn find(clippy: &mut Command) -> Result<Vec<String>> {
    let status = environment::run(clippy)?;
    Ok(if status.success() {
        Vec::new()
    } else {
        vec!["see its messages above".to_owned()]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fails_when_clippy_does() {
        assert!(
            find(Command::new("cargo").arg("--version").stdout(std::process::Stdio::null()))
                .unwrap()
                .is_empty()
        );
        let mut failing = Command::new("cargo");
        failing
            .args(["metadata", "--manifest-path", "there/is/none"])
            .stderr(std::process::Stdio::null());
        assert_eq!(find(&mut failing).unwrap().len(), 1);
    }
}
