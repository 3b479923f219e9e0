//! What xtask itself says, on standard output. Warnings and errors go to standard error.

/// Prints one line.
#[expect(clippy::print_stdout, reason = "a command line tool answers on standard output")]
pub fn say(line: impl AsRef<str>) {
    println!("{}", line.as_ref());
}

/// Prints a warning that somebody should act on, though nothing failed.
pub fn warn(line: impl AsRef<str>) {
    complain(format!("warning: {}", line.as_ref()));
}

/// Prints a line that is no result.
#[expect(clippy::print_stderr, reason = "this is where we print")]
pub fn complain(line: impl AsRef<str>) {
    eprintln!("{}", line.as_ref());
}
