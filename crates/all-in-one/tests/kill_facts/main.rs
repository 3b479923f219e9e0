//! `kill -9` at random moments while facts travel: whatever was acknowledged has its consequences afterwards, each once. Statistics are what a
//! count of the tasks says, each assignment is one notification, uploads go on from where they were safe, and no half file shows. Three
//! rounds here, more by `cargo xtask soak` (TASKTRACKER_KILL_ROUNDS).
#![expect(
    clippy::disallowed_methods,
    reason = "the moment of the kill is chance, and rounds are chosen by whoever soaks"
)]

mod check;
mod five_processes;
mod one_process;
mod story;
mod uploads;

use std::time::SystemTime;

/// How often something is killed.
fn rounds() -> u32 {
    let asked = std::env::var("TASKTRACKER_KILL_ROUNDS").ok();
    asked.and_then(|rounds| rounds.parse().ok()).unwrap_or(3)
}

/// A number that differs from run to run: the test must hold for every moment.
fn random(low: u64, high: u64) -> u64 {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .expect("after 1970")
        .subsec_nanos();
    low + u64::from(now) % (high - low)
}
