//! What `up`, `down`, `status` and `reset` promise together, shown with a server that is a shell in its own folder.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::{Result, bail};

use super::process::Process;
use super::record::Record;
use super::server::{Durability, Server, Site};
use super::up::{Outcome, Started};
use super::{Place, down, reset, status, up, variables};
use crate::tools::Found;

/// Its name decides how it behaves; it is healthy when its file is there.
struct Shell(&'static str);

const GOOD: &Shell = &Shell("good");
const CRASHES: &Shell = &Shell("crashes");
const MISSING: &Shell = &Shell("missing");

impl Server for Shell {
    fn name(&self) -> &'static str {
        self.0
    }

    fn ports(&self) -> &'static [u16] {
        &[11]
    }

    fn variable(&self, port: u16) -> (&'static str, String) {
        ("TASKTRACKER_TEST_SHELL", port.to_string())
    }

    fn find(&self) -> Result<Option<PathBuf>> {
        Ok(Some("sh".into()))
    }

    fn install(&self) -> Result<Found> {
        Ok(match self.0 {
            "missing" => Found::Missing("it needs a shell".to_owned()),
            _ => Found::Ready("sh".into()),
        })
    }

    fn version(&self, _: &Path) -> Result<String> {
        Ok("1".to_owned())
    }

    fn prepare(&self, site: &Site) -> Result<()> {
        std::fs::create_dir_all(site.data())?;
        std::fs::write(site.data().join("kept"), "")?;
        Ok(())
    }

    fn command(&self, site: &Site) -> Result<Command> {
        let script = match self.0 {
            "crashes" => "echo no disk >&2; exit 3",
            _ => "echo > healthy; exec sleep 600",
        };
        let mut command = Command::new(&site.program);
        // Only the arguments count: the durability stands for any setting.
        command.args(["-c", script]).arg(format!("{:?}", site.durability));
        Ok(command)
    }

    fn check(&self, site: &Site) -> Result<()> {
        if !site.folder.join("healthy").exists() {
            bail!("it is not there yet");
        }
        Ok(())
    }
}

/// A place of its own; whatever still runs in it is stopped at the end, also of a test that failed.
struct Here {
    place: Place,
    _folder: tempfile::TempDir,
}

impl Drop for Here {
    fn drop(&mut self) {
        let _ = down(&self.place, &[GOOD, CRASHES]);
    }
}

fn here() -> Here {
    let folder = tempfile::tempdir().unwrap();
    // Below the ports that the kernel gives away, and another one for each test of each process.
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let place_of_process = (std::process::id() % 500) as u16 * 20;
    Here {
        place: Place {
            folder: folder.path().to_owned(),
            port_base: 20_000 + place_of_process + NEXT.fetch_add(1, Ordering::Relaxed),
        },
        _folder: folder,
    }
}

impl Here {
    fn up(&self, server: &'static Shell, durability: Durability) -> Started {
        up(&self.place, &[server], durability).unwrap().remove(0)
    }

    fn process(&self, server: &'static Shell) -> Option<Process> {
        Record::running(&self.place.folder_of(server)).map(|record| record.process)
    }
}

fn runs(started: &Started) -> bool {
    matches!(started.outcome, Outcome::Runs(_))
}

#[test]
fn up_twice_changes_nothing_and_down_stops() {
    let here = here();
    let first = here.up(GOOD, Durability::Kept);
    assert!(runs(&first));
    assert_eq!(
        variables(&[first]),
        [("TASKTRACKER_TEST_SHELL", (here.place.port_base + 11).to_string())]
    );
    let process = here.process(GOOD).unwrap();

    assert!(runs(&here.up(GOOD, Durability::Kept)));
    assert_eq!(here.process(GOOD), Some(process.clone()));
    assert!(runs(&status(&here.place, &[GOOD])[0]));

    down(&here.place, &[GOOD]).unwrap();
    assert!(!process.is_alive());
    assert!(!runs(&status(&here.place, &[GOOD])[0]));
    down(&here.place, &[GOOD]).unwrap();
}

#[test]
fn another_form_is_started_anew() {
    let here = here();
    here.up(GOOD, Durability::Kept);
    let before = here.process(GOOD).unwrap();
    assert!(runs(&here.up(GOOD, Durability::GivenUp)));
    assert!(!before.is_alive());
    assert_ne!(here.process(GOOD), Some(before));
}

#[test]
fn one_that_does_not_answer_any_more_is_started_anew() {
    let here = here();
    here.up(GOOD, Durability::Kept);
    let before = here.process(GOOD).unwrap();
    std::fs::remove_file(here.place.folder_of(GOOD).join("healthy")).unwrap();
    assert!(!runs(&status(&here.place, &[GOOD])[0]));
    assert!(runs(&here.up(GOOD, Durability::Kept)));
    assert!(!before.is_alive());
}

#[test]
fn down_leaves_a_process_alone_that_only_has_the_number() {
    let here = here();
    here.up(GOOD, Durability::Kept);
    let folder = here.place.folder_of(GOOD);
    let mut record = Record::running(&folder).unwrap();
    let process = record.process.clone();
    record.process.started.push('9');
    record.write(&folder).unwrap();

    down(&here.place, &[GOOD]).unwrap();
    assert!(process.is_alive());
    process.signal("KILL").unwrap();
}

#[test]
fn one_that_ends_says_its_last_words() {
    let here = here();
    let Outcome::Failed(error) = here.up(CRASHES, Durability::Kept).outcome else {
        panic!("it cannot run")
    };
    let text = format!("{error:#}");
    assert!(
        text.contains("it ended right after its start") && text.contains("no disk"),
        "{text}"
    );
    assert_eq!(here.process(CRASHES), None);
}

#[test]
fn one_that_cannot_be_installed_does_not_keep_the_others_down() {
    let here = here();
    let started = up(&here.place, &[MISSING, GOOD], Durability::Kept).unwrap();
    assert!(matches!(&started[0].outcome, Outcome::Missing(why) if why == "it needs a shell"));
    assert!(runs(&started[1]));
}

#[test]
fn a_port_that_somebody_else_has_is_named_and_nothing_is_started() {
    let here = here();
    let _somebody = std::net::TcpListener::bind(("127.0.0.1", here.place.port_base + 11)).unwrap();
    let Outcome::Failed(error) = here.up(GOOD, Durability::Kept).outcome else {
        panic!("the port is taken")
    };
    assert!(error.to_string().contains("another program has port"), "{error:#}");
    assert_eq!(here.process(GOOD), None);
}

#[test]
fn reset_deletes_the_data_of_those_it_names() {
    let here = here();
    up(&here.place, &[GOOD, CRASHES], Durability::Kept).unwrap();
    let [kept, deleted] = [CRASHES, GOOD].map(|server| here.place.folder_of(server).join("data/kept"));
    assert!(kept.exists() && deleted.exists());
    reset(&here.place, &[GOOD]).unwrap();
    assert!(kept.exists() && !deleted.exists());
    assert_eq!(here.process(GOOD), None);
}
