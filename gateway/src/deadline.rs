//! When a call must be over. Unary calls get the smaller of the client's `grpc-timeout` and the gateway's cap, around headers *and*
//! body; streams get none of their own, but may not be silent for long.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::catalog::Rpc;
use crate::config::Config;
use crate::failure::Failure;

/// The header that carries a client's patience.
pub const GRPC_TIMEOUT: &str = "grpc-timeout";

/// When a call must be over. Clones share the moment of the last sign of life.
#[derive(Debug, Clone)]
pub struct Deadline {
    end: Option<Instant>,
    idle: Option<Duration>,
    touched: Arc<Mutex<Instant>>,
}

impl Deadline {
    /// The deadline of a call that starts now.
    ///
    /// # Errors
    /// A `grpc-timeout` that is none.
    pub fn start(config: &Config, rpc: &Rpc, headers: &HeaderMap) -> Result<Self, Failure> {
        let started = now();
        let asked = match headers.get(GRPC_TIMEOUT) {
            None => None,
            Some(value) => Some(
                value
                    .to_str()
                    .ok()
                    .and_then(parse)
                    .ok_or_else(|| Failure::malformed("grpc-timeout is no duration such as 500m"))?,
            ),
        };
        let cap = (!rpc.is_streaming()).then(|| config.request_timeout());
        let limit = match (asked, cap) {
            (Some(asked), Some(cap)) => Some(asked.min(cap)),
            (asked, cap) => asked.or(cap),
        };
        let idle = (rpc.is_streaming() && !rpc.may_be_silent).then(|| config.stream_idle());
        Ok(Self {
            end: limit.and_then(|limit| started.checked_add(limit)),
            idle,
            touched: Arc::new(Mutex::new(started)),
        })
    }

    /// A sign of life.
    pub fn touch(&self) {
        *self.touched.lock().unwrap_or_else(PoisonError::into_inner) = now();
    }

    fn next(&self) -> Option<Instant> {
        let touched = *self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = self.idle.and_then(|idle| touched.checked_add(idle));
        match (self.end, idle) {
            (Some(end), Some(idle)) => Some(end.min(idle)),
            (end, idle) => end.or(idle),
        }
    }

    /// What is left, as the next hop shall hear it.
    #[must_use]
    pub fn header(&self) -> Option<HeaderValue> {
        let left = self.end?.saturating_duration_since(now());
        HeaderValue::from_str(&format(left)).ok()
    }

    /// Waits until the call must be over.
    pub async fn passed(&self) {
        let mut timer = Timer::new(self.clone());
        std::future::poll_fn(|context| timer.poll_passed(context)).await;
    }

    /// Does the work unless it takes too long.
    ///
    /// # Errors
    /// It took too long.
    pub async fn within<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::select! {
            biased;
            done = work => Ok(done),
            () = self.passed() => Err(Failure::deadline()),
        }
    }
}

/// A deadline that can be polled.
#[derive(Debug)]
pub struct Timer {
    deadline: Deadline,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Timer {
    /// Starts to wait for a deadline.
    #[must_use]
    pub fn new(deadline: Deadline) -> Self {
        let sleep = deadline.next().map(|at| Box::pin(sleep_until(at)));
        Self { deadline, sleep }
    }

    /// A sign of life.
    pub fn touch(&self) {
        self.deadline.touch();
    }

    /// Ready when the call must be over.
    pub fn poll_passed(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(sleep) = &mut self.sleep else { return Poll::Pending };
        loop {
            if sleep.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            // There may have been signs of life since the alarm was set.
            match self.deadline.next() {
                Some(next) if next > now() => sleep.as_mut().reset(next),
                _ => return Poll::Ready(()),
            }
        }
    }
}

/// The moment, for measuring how long something takes.
#[expect(
    clippy::disallowed_methods,
    reason = "a deadline is a distance on the monotonic clock, not a time of day"
)]
#[must_use]
pub fn now() -> Instant {
    Instant::now()
}

/// Reads `<up to 8 digits><unit>`.
fn parse(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let amount: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(amount * 3600),
        "M" => Duration::from_secs(amount * 60),
        "S" => Duration::from_secs(amount),
        "m" => Duration::from_millis(amount),
        "u" => Duration::from_micros(amount),
        "n" => Duration::from_nanos(amount),
        _ => return None,
    })
}

fn format(duration: Duration) -> String {
    let micros = duration.as_micros();
    if micros <= 99_999_999 {
        format!("{micros}u")
    } else if duration.as_millis() <= 99_999_999 {
        format!("{}m", duration.as_millis())
    } else {
        format!("{}S", duration.as_secs().min(99_999_999))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_up_to_eight_digits_and_one_unit() {
        assert_eq!(parse("500m"), Some(Duration::from_millis(500)));
        assert_eq!(parse("1H"), Some(Duration::from_secs(3600)));
        assert_eq!(parse("99999999n"), Some(Duration::from_nanos(99_999_999)));
        for wrong in ["", "m", "5", "123456789m", "-1S", "1.5S", "5s", "5µ", "é"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_written_can_be_read() {
        for millis in [0, 1, 99_999, 100_000, 99_999_999, 100_000_000, 10_000_000_000] {
            let duration = Duration::from_millis(millis);
            assert_eq!(
                parse(&format(duration)).map(|d| d.as_millis() / 1000),
                Some(duration.as_millis() / 1000)
            );
        }
    }
}
