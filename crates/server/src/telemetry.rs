//! Logs and metrics: how a process tells what it does. Lines go to standard error, so that a command's own output stays its own.

use anyhow::Context;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use serde::Deserialize;
use tracing_subscriber::EnvFilter;

/// How a process logs: section `[log]`.
#[derive(Debug, Clone, Deserialize)]
pub struct Log {
    /// `pretty` for people, `json` for collectors.
    pub format: LogFormat,
    /// What to log, such as `info` or `info,tasktracker_core=debug`.
    pub filter: String,
}

/// Form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// Starts logging. A second call in one process (tests) changes nothing.
///
/// # Errors
/// The filter cannot be read.
pub fn start_logging(log: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.filter).with_context(|| format!("log.filter {:?} cannot be read", log.filter))?;
    let is_terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(is_terminal);
    // An error means that logging runs already.
    let _ = match log.format {
        LogFormat::Pretty => lines.try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    Ok(())
}

/// Starts collecting metrics; the handle renders them. Call it once a process.
///
/// # Errors
/// Metrics are being collected already.
pub fn start_metrics() -> anyhow::Result<PrometheusHandle> {
    const SECONDS: &[f64] = &[0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];
    Ok(PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
        .install_recorder()?)
}
