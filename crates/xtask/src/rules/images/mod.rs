//! The Dockerfiles: one for each program, all written from one text, so that they cannot drift apart, and building what
//! `cargo xtask up --distributed` builds.

use super::Rule;
use crate::programs::{PARTS, features};
use crate::repository::Repository;

pub const RULE: Rule = Rule {
    name: "images",
    promise: "the Dockerfiles are what one text says",
    remedy: "change crates/xtask/src/rules/images/Dockerfile, then run `cargo xtask gen`",
    check: |subject| Ok(find(&subject.repository).into()),
};

const TEXT: &str = include_str!("Dockerfile");

/// With what programs are compiled: Debian's C compiler and make are in it.
const BUILDER: &str = "rust:1.95.0-bookworm";
/// In what they run: the C library, and a shell for whoever has to look inside. Of the same Debian, because the C library is.
const RUNTIME: &str = "debian:12.12-slim";

/// A program in an image.
struct Image {
    package: String,
    folder: String,
    what: &'static str,
    ports: &'static str,
    command: &'static str,
}

/// Where each Dockerfile is, and what is in it.
pub fn files() -> Vec<(String, String)> {
    let images = images();
    let packages: Vec<&str> = images.iter().map(|image| image.package.as_str()).collect();
    let list = |each: fn(&&str) -> String| packages.iter().map(each).collect::<Vec<_>>().join(" ");
    let write = |image: &Image| {
        let text = TEXT
            .replace("{program}", &image.package)
            .replace("{what}", image.what)
            .replace("{ports}", image.ports)
            .replace("{command}", image.command)
            .replace("{builder}", BUILDER)
            .replace("{runtime}", RUNTIME)
            .replace("{features}", &features(&packages))
            .replace("{packages}", &list(|package| format!("--package {package}")))
            .replace("{binaries}", &list(|package| format!("target/release/{package}")));
        (format!("{}/Dockerfile", image.folder), text)
    };
    images.iter().map(write).collect()
}

fn images() -> Vec<Image> {
    let part = |part: &&str| Image {
        package: format!("tasktracker-{part}"),
        folder: if *part == "gateway" {
            (*part).to_owned()
        } else {
            format!("crates/{part}")
        },
        what: "one part of Task Tracker in a process of its own",
        ports: match *part {
            "auth" => "50051 9091",
            "core" => "50052 9092",
            "analytics" => "50053 9093",
            "files" => "50054 9094",
            _ => "8080 9090",
        },
        command: "\"serve\"",
    };
    let whole = Image {
        package: "tasktracker".to_owned(),
        folder: "crates/all-in-one".to_owned(),
        what: "everything in one process, with its data in the volume /data; also the tool that makes topics",
        ports: "8080 9090",
        command: "\"serve\", \"--data-dir\", \"/data\"",
    };
    PARTS.iter().map(part).chain([whole]).collect()
}

fn find(repository: &Repository) -> Vec<String> {
    let differs = |(path, text): &(String, String)| repository.text(path) != Some(text);
    let written = files();
    let mut findings: Vec<String> = written
        .iter()
        .filter(|file| differs(file))
        .map(|(path, _)| format!("{path} is not what the text says"))
        .collect();
    let own = |path: &str| path.starts_with("crates/") && !path.starts_with("crates/xtask/") || path.starts_with("gateway/");
    for file in repository
        .files
        .iter()
        .filter(|file| file.path.ends_with("/Dockerfile") && own(&file.path))
    {
        if !written.iter().any(|(path, _)| *path == file.path) {
            findings.push(format!("{} is not written by `cargo xtask gen`", file.path));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_changed_by_hand_and_what_is_missing() {
        let files = files();
        let pairs = || files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        assert_eq!(find(&Repository::of(&pairs().collect::<Vec<_>>())), [""; 0]);

        let mut changed: Vec<(&str, &str)> = pairs().skip(1).collect();
        changed[0].1 = "FROM scratch\n";
        changed.push(("crates/mail/Dockerfile", "FROM scratch\n"));
        assert_eq!(
            find(&Repository::of(&changed)),
            [
                "crates/auth/Dockerfile is not what the text says",
                "crates/core/Dockerfile is not what the text says",
                "crates/mail/Dockerfile is not written by `cargo xtask gen`",
            ]
        );
    }

    #[test]
    fn nothing_is_left_to_fill_in_and_the_first_stage_is_the_same() {
        let stages: Vec<String> = files().iter().map(|(_, text)| first_stage(text)).collect();
        assert_eq!(stages.len(), 6);
        for (stage, (path, text)) in stages.iter().zip(files()) {
            assert_eq!(stage, &stages[0], "{path}");
            assert!(!text.contains('{'), "{path}: {text}");
        }
    }

    fn first_stage(text: &str) -> String {
        text.split("\n\n").nth(1).unwrap().to_owned()
    }
}
