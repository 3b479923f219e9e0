//! What was started: a file in the server's folder from the start of its process to its end. Without it nothing is stopped.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use toml::Table;

use super::process::Process;

/// A server that was started here.
#[derive(Clone, PartialEq, Debug)]
pub struct Record {
    /// Its process.
    pub process: Process,
    /// Version of the program.
    pub version: String,
    /// The program.
    pub program: PathBuf,
    /// First port of the place when it was started.
    pub port_base: u16,
    /// Everything that decides how it runs. Another form asks for a new start.
    pub form: String,
}

const FILE: &str = "process.toml";

impl Record {
    /// What was started in a server's folder. A file that cannot be read is none.
    pub fn read(folder: &Path) -> Option<Self> {
        let table: Table = std::fs::read_to_string(folder.join(FILE)).ok()?.parse().ok()?;
        let text = |key: &str| table.get(key)?.as_str().map(str::to_owned);
        let number = |key: &str| table.get(key)?.as_integer();
        Some(Self {
            process: Process {
                number: number("process")?.try_into().ok()?,
                started: text("started")?,
            },
            version: text("version")?,
            program: text("program")?.into(),
            port_base: number("port_base")?.try_into().ok()?,
            form: text("form")?,
        })
    }

    /// What runs in a server's folder.
    pub fn running(folder: &Path) -> Option<Self> {
        Self::read(folder).filter(|record| record.process.is_alive())
    }

    /// Writes it.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let mut table = Table::new();
        table.insert("process".into(), i64::from(self.process.number).into());
        table.insert("started".into(), self.process.started.clone().into());
        table.insert("version".into(), self.version.clone().into());
        table.insert("program".into(), self.program.display().to_string().into());
        table.insert("port_base".into(), i64::from(self.port_base).into());
        table.insert("form".into(), self.form.clone().into());
        let fresh = folder.join(FILE).with_added_extension("new");
        std::fs::write(&fresh, table.to_string())
            .and_then(|()| std::fs::rename(&fresh, folder.join(FILE)))
            .with_context(|| format!("cannot write {FILE} in {}", folder.display()))
    }

    /// Removes it: nothing is started.
    ///
    /// # Errors
    ///
    /// When the file cannot be removed.
    pub fn remove(folder: &Path) -> Result<()> {
        match std::fs::remove_file(folder.join(FILE)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).with_context(|| format!("cannot remove {FILE}")),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Record {
        Record {
            process: Process::of(std::process::id()).unwrap(),
            version: "1.2".into(),
            program: "bin/server".into(),
            port_base: 20_000,
            form: "a \"quoted\"\nform = 'x'\n".into(),
        }
    }

    #[test]
    fn reads_what_was_written() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Record::read(folder.path()), None);
        sample().write(folder.path()).unwrap();
        assert_eq!(Record::read(folder.path()), Some(sample()));
        assert_eq!(Record::running(folder.path()), Some(sample()));
        Record::remove(folder.path()).unwrap();
        Record::remove(folder.path()).unwrap();
        assert_eq!(Record::read(folder.path()), None);
    }

    #[test]
    fn a_number_that_went_to_another_process_does_not_run() {
        let folder = tempfile::tempdir().unwrap();
        let mut record = sample();
        record.process.started.push('9');
        record.write(folder.path()).unwrap();
        assert!(Record::read(folder.path()).is_some());
        assert_eq!(Record::running(folder.path()), None);
    }

    #[test]
    fn half_a_file_is_none() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), "process = 1\nstarted = \"x").unwrap();
        assert_eq!(Record::read(folder.path()), None);
    }
}
