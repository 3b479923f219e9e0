//! Processes that outlive xtask: started apart from the terminal, told from a later one of the same number, signalled, and measured.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::environment;
use crate::stopwatch::Stopwatch;

/// A process. Numbers are used again, so the moment of its start belongs to it, and the run of the machine in which that was.
#[derive(Clone, PartialEq, Debug)]
pub struct Process {
    /// Its number.
    pub number: u32,
    /// The machine's run, and the ticks after which it started.
    pub started: String,
}

impl Process {
    /// The process with this number, unless it has ended.
    pub fn of(number: u32) -> Option<Self> {
        let stat = Stat::of(number)?;
        let run = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        (stat.state != "Z" && stat.state != "X").then(|| Self {
            number,
            started: format!("{} {}", run.trim(), stat.started),
        })
    }

    /// Whether it still runs: this one, not another with its number.
    pub fn is_alive(&self) -> bool {
        Self::of(self.number).as_ref() == Some(self)
    }

    /// Sends a signal, if it still runs.
    ///
    /// # Errors
    ///
    /// When it is another account's.
    pub fn signal(&self, signal: &str) -> Result<()> {
        if !self.is_alive() {
            return Ok(());
        }
        let sent = environment::output(
            Command::new("sh")
                .args(["-c", "kill -s \"$0\" \"$1\"", signal])
                .arg(self.number.to_string()),
        );
        match sent {
            Err(error) if self.is_alive() => Err(error.context(format!("cannot send {signal} to process {}", self.number))),
            _ => Ok(()),
        }
    }

    /// Waits until it has ended, or the time is over; answers whether it has.
    pub fn ends_within(&self, bound: Duration) -> bool {
        until(bound, || !self.is_alive())
    }

    /// Memory of it and of those that it started, in bytes; pages that they share count once.
    pub fn memory(&self) -> u64 {
        let mut family = vec![self.number];
        let all: Vec<(u32, u32)> = numbers().filter_map(|number| Some((number, Stat::of(number)?.parent))).collect();
        let mut next = 0;
        while let Some(parent) = family.get(next).copied() {
            family.extend(all.iter().filter(|(_, above)| *above == parent).map(|(number, _)| *number));
            next += 1;
        }
        family.into_iter().map(|number| proportional(number).unwrap_or_default()).sum()
    }
}

/// Starts a command that goes on after xtask: without the terminal, what it prints in a file.
///
/// # Errors
///
/// When it cannot be started.
pub fn spawn(command: &mut Command, log: &Path) -> Result<Child> {
    if log.exists() {
        std::fs::rename(log, log.with_added_extension("before"))?;
    }
    let log = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    command
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .process_group(0)
        .spawn()
        .with_context(|| format!("cannot start {}", command.get_program().display()))
}

/// Asks again and again until the answer is yes, or the time is over; the last answer.
pub fn until(bound: Duration, mut ask: impl FnMut() -> bool) -> bool {
    let watch = Stopwatch::start();
    loop {
        if ask() {
            return true;
        }
        if watch.elapsed() > bound {
            return false;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Whether a process that runs has this folder as its own. Only those of this account can be seen, or all by root.
pub fn somebody_works_in(folder: &Path) -> bool {
    let works_there = |number: u32| std::fs::read_link(format!("/proc/{number}/cwd")).is_ok_and(|place| place == folder);
    numbers().any(works_there)
}

/// What the kernel says about a process in one line.
struct Stat {
    state: String,
    parent: u32,
    started: u64,
}

impl Stat {
    fn of(number: u32) -> Option<Self> {
        Self::parse(&std::fs::read_to_string(format!("/proc/{number}/stat")).ok()?)
    }

    /// The name in parentheses may hold anything, parentheses too; counted is from the last one.
    fn parse(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.rsplit_once(')')?.1.split_whitespace().collect();
        Some(Self {
            state: (*fields.first()?).to_owned(),
            parent: fields.get(1)?.parse().ok()?,
            started: fields.get(19)?.parse().ok()?,
        })
    }
}

fn numbers() -> impl Iterator<Item = u32> {
    let folders = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    folders.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Bytes of a process; what it shares with others is divided among them.
fn proportional(number: u32) -> Option<u64> {
    let sums = std::fs::read_to_string(format!("/proc/{number}/smaps_rollup")).ok()?;
    let line = sums.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn greeter(folder: &Path) -> Child {
        spawn(
            Command::new("sh").args(["-c", "echo started"]).current_dir(folder),
            &folder.join("log"),
        )
        .unwrap()
    }

    #[test]
    fn another_process_of_the_same_number_is_another() {
        let me = Process::of(std::process::id()).unwrap();
        assert!(me.is_alive());
        let later = Process {
            number: me.number,
            started: format!("{}9", me.started),
        };
        assert!(!later.is_alive());
        later.signal("KILL").unwrap();
        assert!(me.is_alive());
    }

    #[test]
    fn an_ended_process_is_gone_even_before_its_parent_asks() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("sleep");
        let mut child = spawn(command.arg("600"), &folder.path().join("log")).unwrap();
        let process = Process::of(child.id()).unwrap();
        assert!(process.memory() > 0);
        assert!(!process.ends_within(Duration::ZERO));
        process.signal("TERM").unwrap();
        assert!(process.ends_within(Duration::from_secs(20)));
        process.signal("TERM").unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn what_it_prints_is_in_the_log_and_the_last_log_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        std::fs::write(&log, "yesterday").unwrap();
        greeter(folder.path()).wait().ok();
        assert_eq!(std::fs::read_to_string(&log).unwrap(), "started\n");
        assert_eq!(std::fs::read_to_string(folder.path().join("log.before")).unwrap(), "yesterday");
    }

    #[test]
    fn sees_who_works_in_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().canonicalize().unwrap();
        assert!(!somebody_works_in(&place));
        let mut command = Command::new("sleep");
        let mut child = spawn(command.arg("600").current_dir(&place), &place.join("log")).unwrap();
        assert!(somebody_works_in(&place));
        child.kill().unwrap();
        // Not waited for yet: it is still in the list of processes.
        assert!(until(Duration::from_secs(20), || !somebody_works_in(&place)));
        child.wait().unwrap();
    }

    #[test]
    fn reads_a_name_with_parentheses() {
        let line = "42 (a) S 7) S 1 42 42 0 -1 4194560 0 0 0 0 1 2 0 0 20 0 1 0 98765 0 0";
        let stat = Stat::parse(line).unwrap();
        assert_eq!((stat.state.as_str(), stat.parent, stat.started), ("S", 1, 98765));
    }
}
