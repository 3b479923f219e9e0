//! The variables of docker-compose.yml: few that must be set, and each of them in `.env.example`, the optional ones as comments.

use std::collections::BTreeSet;

/// More than these nobody has to decide before the first start.
const REQUIRED_AT_MOST: usize = 3;

pub fn find(compose: &str, example: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let (required, optional) = used(compose);
    if required.len() > REQUIRED_AT_MOST {
        findings.push(format!("{} variables must be set, more than {REQUIRED_AT_MOST}", required.len()));
    }
    let (set, commented) = listed(example);
    for (wanted, shown, how) in [(&required, &set, "must be set"), (&optional, &commented, "may be set")] {
        findings.extend(
            wanted
                .difference(shown)
                .map(|name| format!(".env.example does not say that {name} {how}")),
        );
        findings.extend(
            shown
                .difference(wanted)
                .map(|name| format!(".env.example says that {name} {how}, which is not so")),
        );
    }
    findings
}

/// Names in `${NAME:?...}`, and in every other form.
fn used(text: &str) -> (BTreeSet<&str>, BTreeSet<&str>) {
    let (mut required, mut optional) = (BTreeSet::new(), BTreeSet::new());
    for (start, _) in text.match_indices("${").filter(|(start, _)| !text[..*start].ends_with('$')) {
        let rest = &text[start + 2..];
        let end = rest
            .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
            .unwrap_or(rest.len());
        let (name, form) = rest.split_at(end);
        let is_required = form.starts_with(":?") || form.starts_with('?');
        let _ = if is_required {
            required.insert(name)
        } else {
            optional.insert(name)
        };
    }
    (required, optional)
}

/// Names in `NAME=value`, and in `#NAME=value`.
fn listed(example: &str) -> (BTreeSet<&str>, BTreeSet<&str>) {
    let is_name = |name: &&str| !name.is_empty() && name.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_');
    let names = |comment: bool| {
        example
            .lines()
            .filter(|line| line.starts_with('#') == comment)
            .filter_map(|line| line.trim_start_matches('#').split_once('='))
            .map(|(name, _)| name)
            .filter(is_name)
            .collect()
    };
    (names(false), names(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPOSE: &str = "a: ${URL:?say}\nb: ${MAIL:-x}\nc: $${NOT}\nd: \"${OTHER}\"\n";

    #[test]
    fn what_is_used_is_what_is_shown() {
        assert_eq!(
            find(COMPOSE, "# Where.\nURL=http://x\n#MAIL=\n# Text about A=b.\n#OTHER=1\n"),
            [""; 0]
        );
    }

    #[test]
    fn finds_what_is_missing_superfluous_or_too_much() {
        assert_eq!(
            find(COMPOSE, "URL=http://x\nMAIL=\n#OTHER=\n"),
            [
                ".env.example says that MAIL must be set, which is not so",
                ".env.example does not say that MAIL may be set",
            ]
        );
        let many = "${A:?} ${B:?} ${C:?} ${D?}";
        assert_eq!(find(many, "A=\nB=\nC=\nD=\n"), ["4 variables must be set, more than 3"]);
    }
}
