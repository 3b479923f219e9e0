//! The table of servers: what runs, and what does not and why.

use std::path::Path;

use super::place::Place;
use super::up::{self, Outcome, Started};
use crate::terminal;

/// Prints it.
pub fn print(place: &Place, servers: &[Started]) {
    let head = ["SERVER", "VERSION", "ADDRESS", "PROCESS", "MEMORY", "LOG"].map(str::to_owned);
    let rows: Vec<[String; 6]> = servers.iter().map(|started| row(place, started)).collect();
    for line in align(&[vec![head], rows].concat()) {
        terminal::say(line);
    }
    for started in servers {
        match &started.outcome {
            Outcome::Runs(_) => {}
            Outcome::Missing(why) => terminal::warn(format!("{} is left out: {why}", started.server.name())),
            Outcome::Failed(error) => terminal::complain(format!("error: {}: {error:#}", started.server.name())),
        }
    }
}

fn row(place: &Place, started: &Started) -> [String; 6] {
    let name = started.server.name().to_owned();
    let nothing = || "-".to_owned();
    match &started.outcome {
        Outcome::Runs(record) => [
            name,
            record.version.clone(),
            format!("127.0.0.1:{}", record.port_base + started.server.ports()[0]),
            record.process.number.to_string(),
            mebibytes(record.process.memory()),
            shown(&up::log(&place.folder_of(started.server))),
        ],
        Outcome::Missing(_) => [name, "missing".to_owned(), nothing(), nothing(), nothing(), nothing()],
        Outcome::Failed(_) => [name, "DOWN".to_owned(), nothing(), nothing(), nothing(), nothing()],
    }
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes.div_ceil(1024 * 1024))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Cells under each other, each column as wide as its widest cell.
fn align(rows: &[[String; 6]]) -> Vec<String> {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: [usize; 6] = std::array::from_fn(width);
    let line = |row: &[String; 6]| -> String {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}  "));
        cells.collect::<String>().trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::super::server::SERVERS;
    use super::*;

    #[test]
    fn columns_stand_under_each_other() {
        let row = |cells: [&str; 6]| cells.map(str::to_owned);
        assert_eq!(
            align(&[
                row(["A", "B", "C", "D", "E", "F"]),
                row(["kafka", "4.1", "x", "12", "3 MiB", "log"])
            ]),
            ["A      B    C  D   E      F", "kafka  4.1  x  12  3 MiB  log"]
        );
        assert_eq!(mebibytes(1), "1 MiB");
    }

    #[test]
    fn a_server_that_does_not_run_has_a_row_and_no_variable() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::choose(Some(folder.path()), None).unwrap();
        let started = Started {
            server: SERVERS[0],
            outcome: Outcome::Missing("no installer".into()),
        };
        assert_eq!(row(&place, &started), ["postgres", "missing", "-", "-", "-", "-"]);
        assert!(up::variables(&[started]).is_empty());
    }
}
