//! Words for the person at the terminal: the only place that prints. Nobody has to listen: a closed pipe is no reason to stop.

use std::io::Write;

/// Prints a line for the person who started the program.
pub fn say(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Tells the person why the program ends.
pub fn complain(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
