//! The secrets of docker-compose.yml: each is a file in `secrets/`, which git does not see, and the service `secrets` makes it.

use serde_json::Value;

use crate::repository::Repository;

pub fn find(repository: &Repository, model: &Value) -> Vec<String> {
    let mut findings = Vec::new();
    let maker = model["services"]["secrets"]["command"][0].as_str().unwrap_or_default();
    let made: Vec<&str> = maker.split([' ', ';', '\n', '"']).collect();
    for (name, secret) in model["secrets"].as_object().into_iter().flatten() {
        if secret["file"] != format!("./secrets/{name}") {
            findings.push(format!("the secret {name} is not the file ./secrets/{name}"));
        }
        if !made.contains(&name.as_str()) {
            findings.push(format!("the service `secrets` does not make {name}"));
        }
    }
    // The folder is there, so that it belongs to whoever cloned it, and nothing in it is seen.
    for (file, line) in [("secrets/.gitignore", "*"), (".gitignore", "/.env")] {
        if !repository.text(file).unwrap_or_default().lines().any(|ignored| ignored == line) {
            findings.push(format!("{file} has no line {line}"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn finds_secrets_elsewhere_that_nobody_makes_or_that_git_sees() {
        let model = json!({
            "services": { "secrets": { "command": ["for name in one two; do write \"$name\"; done"] } },
            "secrets": { "one": { "file": "./secrets/one" }, "two": { "environment": "TWO" }, "three": { "file": "./secrets/three" } },
        });
        let repository = Repository::of(&[(".gitignore", "/.env.local\n"), ("secrets/.gitignore", "*\n")]);
        assert_eq!(
            find(&repository, &model),
            [
                "the service `secrets` does not make three",
                "the secret two is not the file ./secrets/two",
                ".gitignore has no line /.env",
            ]
        );
    }
}
