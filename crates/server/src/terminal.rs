//! Words for the person at the terminal: the only place that prints.

/// Prints a line for the person who started the program.
#[expect(clippy::print_stdout, reason = "this is where we print")]
pub fn say(line: impl std::fmt::Display) {
    println!("{line}");
}

/// Tells the person why the program ends.
#[expect(clippy::print_stderr, reason = "this is where we print")]
pub fn complain(line: impl std::fmt::Display) {
    eprintln!("{line}");
}
