//! What xtask itself says, on standard output. Warnings and errors go to standard error.

/// Prints one line.
#[expect(clippy::print_stdout, reason = "a command line tool answers on standard output")]
pub fn say(line: impl AsRef<str>) {
    println!("{}", line.as_ref());
}

/// Prints a warning that somebody should act on, though nothing failed.
pub fn warn(line: impl AsRef<str>) {
    eprintln!("warning: {}", line.as_ref());
}
