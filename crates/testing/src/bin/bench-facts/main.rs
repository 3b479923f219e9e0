//! `cargo xtask bench facts`: what events, jobs, statistics and files cost, each figure beside its limit, measured in the same run on the same
//! disk. `-- --before PATH` names a program from before there were events, for comparing.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures time and drives its own clients")]

mod contents;
mod events;
mod jobs;
mod statistics;
mod store;

use std::path::PathBuf;

use tasktracker_testing::measure::Report;

fn main() -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(bench())
}

async fn bench() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |flag: &str| arguments.iter().skip_while(|argument| *argument != flag).nth(1).cloned();
    let only = value("--only");
    let wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);

    let program = std::env::current_exe()?.with_file_name("tasktracker");
    let mut report = Report::default();
    if wanted("events") {
        events::measure(&program, value("--before").map(PathBuf::from), &mut report).await?;
    }
    if wanted("statistics") {
        statistics::measure(&program, &mut report).await?;
    }
    if wanted("jobs") {
        jobs::measure(&program, &mut report).await?;
    }
    if wanted("contents") {
        contents::measure(&program, &mut report).await?;
    }
    report.finish()
}
