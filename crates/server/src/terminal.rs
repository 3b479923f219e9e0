//! Words for the person at the terminal: the only place that prints.

/// Prints a line for the person who started the program.
#[expect(clippy::print_stdout, reason = "this is where we print")]
pub fn say(line: impl std::fmt::Display) {
    println!("{line}");
}
