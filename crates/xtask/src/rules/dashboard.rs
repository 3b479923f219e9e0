//! The dashboard shows metrics that exist: a renamed metric would leave an empty graph that nobody notices.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Rule;
use crate::repository::Repository;

pub const RULE: Rule = Rule {
    name: "dashboard",
    promise: "the dashboard asks for metrics that the code records",
    remedy: "name the metric as the code does; `docs/operations.md` lists them",
    check: |subject| Ok(find(&subject.repository)?.into()),
};

/// Where dashboards are.
const FOLDER: &str = "thirdparty-services/observability/grafana/dashboards/";
/// What Prometheus itself records.
const ITS_OWN: [&str; 1] = ["up"];
/// What histograms become.
const SUFFIXES: [&str; 3] = ["_bucket", "_sum", "_count"];

fn find(repository: &Repository) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    for file in repository
        .files
        .iter()
        .filter(|file| file.path.starts_with(FOLDER) && file.path.ends_with(".json"))
    {
        let dashboard: Value = serde_json::from_str(&file.text).with_context(|| format!("{} is no JSON", file.path))?;
        let mut expressions = Vec::new();
        collect(&dashboard, &mut expressions);
        if expressions.is_empty() {
            findings.push(format!("{}: asks for nothing", file.path));
        }
        let metrics: BTreeSet<&str> = expressions.iter().flat_map(|expression| metrics(expression)).collect();
        for metric in metrics.into_iter().filter(|metric| !is_recorded(repository, metric)) {
            findings.push(format!("{}: nothing records {metric}", file.path));
        }
    }
    Ok(findings)
}

/// All queries of panels and variables.
fn collect<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("expr").and_then(Value::as_str));
            fields.values().for_each(|value| collect(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, found)),
        _ => {}
    }
}

/// Names before `{` or `[`: our queries give each metric a selector or a range, so these are metrics and not functions or labels.
fn metrics(expression: &str) -> Vec<&str> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == ':';
    expression
        .match_indices(['{', '['])
        .filter_map(|(end, _)| expression[..end].rsplit(|letter| !is_part(letter)).next())
        .filter(|name| !name.is_empty())
        .collect()
}

fn is_recorded(repository: &Repository, metric: &str) -> bool {
    let bare = SUFFIXES.iter().find_map(|suffix| metric.strip_suffix(suffix)).unwrap_or(metric);
    let quoted = format!("\"{bare}\"");
    ITS_OWN.contains(&metric)
        || repository
            .rust()
            .any(|file| !file.path.starts_with("crates/xtask/") && file.text.contains(&quoted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_metrics_that_nobody_records() {
        let dashboard = r#"{ "panels": [{ "targets": [
            { "expr": "sum by (code) (rate(rpc_seconds_bucket{le=\"1\"}[5m])) / up{job=\"a\"}" },
            { "expr": "max(outbox_rows{}) > renamed_total[5m]" }
        ] }] }"#;
        let path = format!("{FOLDER}x.json");
        let code = "metrics::histogram!(\"rpc_seconds\");\nset(\"outbox_rows\", 1.0);\n";
        let repository = Repository::of(&[(&path, dashboard), ("crates/server/src/a.rs", code)]);
        assert_eq!(find(&repository).unwrap(), [format!("{path}: nothing records renamed_total")]);
    }
}
