//! PostgreSQL: the one that is installed, or Debian's. It runs with a data directory of ours, never as the distribution's cluster, and
//! never as root.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::server::{Durability, Server, Site};
use super::{account, debian, place, process};
use crate::environment;
use crate::tools::{self, Found, Tool};

/// See the file.
pub struct Postgres;

/// What the services want of it; the container gets the same file.
const CONFIGURATION: &str = include_str!("../../../../thirdparty-services/postgres/postgresql.conf");

/// Older ones are not tested with.
const OLDEST: u32 = 15;

/// The services' role. It makes their databases.
const ROLE: &str = "tasktracker";

impl Server for Postgres {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn ports(&self) -> &'static [u16] {
        &[432]
    }

    fn variable(&self, port: u16) -> (&'static str, String) {
        ("TASKTRACKER_TEST_POSTGRES", format!("postgres://{ROLE}@127.0.0.1:{port}"))
    }

    fn find(&self) -> Result<Option<PathBuf>> {
        if let Some(program) = installed() {
            return Ok(Some(program));
        }
        tools::installed(&unpacked())
    }

    fn install(&self) -> Result<Found> {
        if let Some(program) = self.find()? {
            return Ok(Found::Ready(program));
        }
        if !environment::is_root() {
            return tools::ready(&unpacked());
        }
        if let Err(error) = install_as_root() {
            return tools::missing(format!("PostgreSQL could not be installed: {error:#}"));
        }
        match installed() {
            Some(program) => Ok(Found::Ready(program)),
            None => tools::missing(format!(
                "this machine's PostgreSQL is older than {OLDEST}: install a newer one from the PostgreSQL project"
            )),
        }
    }

    fn version(&self, program: &Path) -> Result<String> {
        let answer = environment::output(call(program, "postgres")?.arg("--version"))?;
        version(&answer).map(str::to_owned).context("its version is not known")
    }

    fn files(&self, _: &Site) -> Vec<(&'static str, String)> {
        vec![("postgresql.conf", CONFIGURATION.to_owned())]
    }

    fn prepare(&self, site: &Site) -> Result<()> {
        let program = self.version(&site.program)?;
        if let Ok(of_data) = std::fs::read_to_string(site.data().join("PG_VERSION")) {
            ensure!(
                major(&program) == major(&of_data),
                "the data is of PostgreSQL {}, the program is {program}: `cargo xtask services reset postgres` begins with empty data",
                of_data.trim()
            );
            return unlock(&site.data());
        }
        make_data(site)
    }

    fn command(&self, site: &Site) -> Result<Command> {
        let mut command = call(&site.program, "postgres")?;
        command.arg("-D").arg(site.data());
        let configuration = site.folder.join("postgresql.conf");
        let mut set = |setting: &str, value: &str| {
            command.arg("-c").arg(format!("{setting}={value}"));
        };
        set("config_file", &configuration.display().to_string());
        set("listen_addresses", "127.0.0.1");
        set("port", &site.port(self.ports()[0]).to_string());
        set("unix_socket_directories", "");
        if site.durability == Durability::GivenUp {
            // A test's database is dropped minutes after it was made. Waiting for the disk at each commit would only make the test slow.
            set("fsync", "off");
            set("synchronous_commit", "off");
            set("full_page_writes", "off");
        }
        if let Some(account) = account::without_rights()? {
            account.lend(&mut command);
        }
        Ok(command)
    }

    fn check(&self, site: &Site) -> Result<()> {
        let server = format!(
            "host=127.0.0.1 port={} user={ROLE} dbname=postgres sslmode=disable connect_timeout=5",
            site.port(self.ports()[0])
        );
        let mut query = call(&site.program, "psql")?;
        query.args(["-XAtqw", "-c", "select not pg_is_in_recovery()", &server]);
        let answer = environment::output(&mut query)?;
        ensure!(answer.trim() == "t", "it is still recovering");
        Ok(())
    }

    /// Without waiting for its clients, but with a checkpoint.
    fn stop_signal(&self) -> &'static str {
        "INT"
    }
}

/// Removes the lock of one that was killed. PostgreSQL itself looks only whether its number is in use, and a killed process keeps its number
/// until its parent asks for it; in a container that may be never.
fn unlock(data: &Path) -> Result<()> {
    let lock = data.join("postmaster.pid");
    let place = data.canonicalize()?;
    // Its children notice its death by themselves, and must be gone before another one begins.
    if lock.exists() && process::until(Duration::from_secs(30), || !process::somebody_works_in(&place)) {
        std::fs::remove_file(lock)?;
    }
    Ok(())
}

/// Makes a data directory beside its place and moves it there when it is whole.
fn make_data(site: &Site) -> Result<()> {
    let fresh = site.folder.join("data.new");
    if fresh.exists() {
        std::fs::remove_dir_all(&fresh)?;
    }
    std::fs::create_dir(&fresh)?;
    std::fs::set_permissions(&fresh, Permissions::from_mode(0o700))?;
    let mut initdb = call(&site.program, "initdb")?;
    initdb.arg("-D").arg(&fresh).args([
        "-U",
        ROLE,
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-instructions",
    ]);
    if site.durability == Durability::GivenUp {
        initdb.arg("--no-sync");
    }
    if let Some(account) = account::without_rights()? {
        std::fs::set_permissions(&site.folder, Permissions::from_mode(0o755))?;
        ensure!(
            place::is_open_to_all(&site.folder),
            "PostgreSQL does not run as root, and others cannot reach {}: name another folder with --dir",
            site.folder.display()
        );
        account.give(&fresh)?;
        account.lend(&mut initdb);
    }
    environment::output(initdb.current_dir(&site.folder))?;
    std::fs::rename(&fresh, site.data())?;
    Ok(())
}

/// A program of the same installation.
fn call(postgres: &Path, name: &str) -> Result<Command> {
    let folder = postgres.parent().context("the program lies in no folder")?;
    let mut command = Command::new(folder.join(name));
    debian::with_libraries(&mut command, folder.parent());
    Ok(command)
}

/// The newest one on this machine that has all its programs.
fn installed() -> Option<PathBuf> {
    let of_packages = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut candidates: Vec<PathBuf> = of_packages.map(|entry| entry.path().join("bin/postgres")).collect();
    candidates.extend(environment::program("postgres").and_then(|program| program.canonicalize().ok()));
    let usable = |program: &PathBuf| {
        let complete = ["initdb", "postgres", "psql"]
            .iter()
            .all(|name| program.with_file_name(name).exists());
        let number = complete
            .then(|| Postgres.version(program).ok())
            .flatten()
            .and_then(|text| major(&text));
        number.filter(|number| *number >= OLDEST)
    };
    let mut usable: Vec<(u32, PathBuf)> = candidates
        .into_iter()
        .filter_map(|program| usable(&program).map(|number| (number, program)))
        .collect();
    usable.sort();
    usable.pop().map(|(_, program)| program)
}

/// Installs Debian's package, and keeps it from making and starting a cluster of its own.
fn install_as_root() -> Result<()> {
    if environment::program("apt-get").is_none() {
        bail!("install PostgreSQL {OLDEST} or newer with the package manager of this machine");
    }
    let settings = Path::new("/etc/postgresql-common/createcluster.d");
    std::fs::create_dir_all(settings)?;
    let ours = settings.join("tasktracker.conf");
    std::fs::write(&ours, "create_main_cluster = false\n")?;
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command
            .args(["--yes", "--quiet", "-o", "DPkg::Lock::Timeout=300"])
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive");
        environment::output(&mut command)
    };
    let install = || apt(&["install", "--no-install-recommends", "postgresql"]);
    // A fresh container knows no packages until it has asked.
    let outcome = install().or_else(|_| apt(&["update"]).and_then(|_| install()));
    std::fs::remove_file(&ours)?;
    outcome.map(|_| ())
}

/// Debian's packages, for those who are not root.
fn unpacked() -> Tool {
    Tool {
        name: "postgresql",
        version: "debian",
        needs: debian::NEEDS,
        executable: "bin/postgres",
        files: &[],
        recipe: "postgresql",
        steps: |folder| {
            let mut steps = debian::unpack(folder, &["postgresql"]);
            let mut link = Command::new("sh");
            link.args(["-c", "cd \"$0\" && ln -s usr/lib/postgresql/*/bin bin"]).arg(folder);
            steps.push(link);
            steps
        },
        version_call: |folder| {
            let mut postgres = tools::program(folder, "bin/postgres", &["--version"]);
            debian::with_libraries(&mut postgres, Some(folder));
            postgres
        },
        version_answer: "PostgreSQL",
    }
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` is 15.18.
fn version(answer: &str) -> Option<&str> {
    answer.split_once("(PostgreSQL) ")?.1.split_whitespace().next()
}

fn major(version: &str) -> Option<u32> {
    version
        .trim()
        .split(|letter: char| !letter.is_ascii_digit())
        .next()
        .and_then(|number| number.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::{Outcome, Place, down, up};

    #[test]
    fn reads_versions() {
        assert_eq!(version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some("15.18"));
        assert_eq!(version("postgres (PostgreSQL) 18beta1\n"), Some("18beta1"));
        assert_eq!(version("postgres"), None);
        assert_eq!(major("18beta1"), Some(18));
        assert_eq!(major("15\n"), Some(15));
        assert_eq!(major("x"), None);
    }

    #[test]
    fn data_of_another_version_is_left_alone() {
        let Ok(Some(program)) = Postgres.find() else { return };
        let folder = tempfile::tempdir().unwrap();
        let site = Site {
            folder: folder.path().to_owned(),
            port_base: 20_000,
            program,
            durability: Durability::Kept,
        };
        std::fs::create_dir(site.data()).unwrap();
        std::fs::write(site.data().join("PG_VERSION"), "9\n").unwrap();
        let error = Postgres.prepare(&site).unwrap_err().to_string();
        assert!(
            error.contains("the data is of PostgreSQL 9") && error.contains("reset postgres"),
            "{error}"
        );
        assert_eq!(std::fs::read_dir(site.data()).unwrap().count(), 1);
    }

    #[test]
    fn only_tests_give_durability_up() {
        let Ok(Some(program)) = Postgres.find() else { return };
        let command = |durability| {
            let site = Site {
                folder: "folder".into(),
                port_base: 20_000,
                program: program.clone(),
                durability,
            };
            format!("{:?}", Postgres.command(&site).unwrap())
        };
        assert!(command(Durability::GivenUp).contains("fsync=off"));
        assert!(!command(Durability::Kept).contains("off"));
        assert!(command(Durability::Kept).contains("port=20432"));
    }

    /// This test is its parent and does not wait for it: the killed one stays in the list of processes.
    #[test]
    fn a_killed_one_starts_again() {
        if Postgres.find().unwrap().is_none() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let place = Place {
            folder: folder.path().to_owned(),
            port_base: 30_000 + (std::process::id() % 2_000) as u16,
        };
        let start = || up(&place, &[&Postgres], Durability::GivenUp).unwrap().remove(0).outcome;
        let Outcome::Runs(first) = start() else {
            panic!("it does not start")
        };
        first.process.signal("KILL").unwrap();
        assert!(first.process.ends_within(Duration::from_secs(30)));
        match start() {
            Outcome::Runs(second) => assert_ne!(second.process, first.process),
            Outcome::Failed(error) => panic!("{error:#}"),
            Outcome::Missing(why) => panic!("{why}"),
        }
        down(&place, &[&Postgres]).unwrap();
    }
}
