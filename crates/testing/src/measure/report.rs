//! Figures beside their limits.

use tasktracker_server::terminal::say;

/// What was measured so far.
#[derive(Debug, Default)]
pub struct Report {
    missed: usize,
}

impl Report {
    /// A figure without a limit.
    pub fn note(&mut self, what: &str, value: f64, unit: &str) {
        say(format!("      {what:<64} {value:>10.2} {unit}"));
    }

    /// A figure that should reach its limit.
    pub fn at_least(&mut self, what: &str, value: f64, limit: f64, unit: &str) {
        self.line(value >= limit, what, value, ">=", limit, unit);
    }

    /// A figure that should stay below its limit.
    pub fn at_most(&mut self, what: &str, value: f64, limit: f64, unit: &str) {
        self.line(value <= limit, what, value, "<=", limit, unit);
    }

    /// A count that must be right.
    pub fn exactly(&mut self, what: &str, value: u64, wanted: u64) {
        self.line(value == wanted, what, value as f64, "==", wanted as f64, "");
    }

    fn line(&mut self, holds: bool, what: &str, value: f64, relation: &str, limit: f64, unit: &str) {
        self.missed += usize::from(!holds);
        let mark = if holds { "ok  " } else { "MISS" };
        say(format!("{mark}  {what:<64} {value:>10.2} {relation} {limit:.2} {unit}"));
    }

    /// Fails where a limit was missed.
    pub fn finish(self) -> anyhow::Result<()> {
        anyhow::ensure!(self.missed == 0, "{} limits were missed", self.missed);
        Ok(())
    }
}
