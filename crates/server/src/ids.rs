//! The only source of ids and randomness. Ids are UUIDv7 of the injected clock and never repeat or go back within a process.

use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::rand;
use uuid::{Builder, Uuid};

use crate::clock::SharedClock;

/// Makes ids and secrets.
#[derive(Debug, Clone)]
pub struct Ids {
    clock: SharedClock,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    last: (u64, u16),
    seed: Option<u64>,
}

impl Ids {
    /// Ids nobody can predict.
    #[must_use]
    pub fn system(clock: SharedClock) -> Self {
        Self {
            clock,
            state: Arc::new(Mutex::new(State { last: (0, 0), seed: None })),
        }
    }

    /// The same ids and secrets in every run, for tests.
    #[must_use]
    pub fn seeded(seed: u64, clock: SharedClock) -> Self {
        Self {
            clock,
            state: Arc::new(Mutex::new(State {
                last: (0, 0),
                seed: Some(seed),
            })),
        }
    }

    /// A new UUIDv7, greater than all before it from this source.
    #[must_use]
    pub fn next(&self) -> Uuid {
        let now = u64::try_from(self.clock.now().as_millisecond()).unwrap_or_default();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, count) = state.last;
        let mut entropy = [0u8; 10];
        state.fill(&mut entropy);
        // 12 bits of counter within a millisecond; a clock that goes back, or a full counter, borrows from the next millisecond.
        state.last = if now > last {
            (now, u16::from_be_bytes([entropy[0] & 0x07, entropy[1]]))
        } else if count < 0x0fff {
            (last, count + 1)
        } else {
            (last + 1, 0)
        };
        let (millis, count) = state.last;
        entropy[..2].copy_from_slice(&count.to_be_bytes());
        Builder::from_unix_timestamp_millis(millis, &entropy).into_uuid()
    }

    /// 32 random bytes.
    #[must_use]
    pub fn secret(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.state.lock().unwrap_or_else(PoisonError::into_inner).fill(&mut bytes);
        bytes
    }

    /// A random number.
    #[must_use]
    pub fn number(&self) -> u64 {
        let mut bytes = [0; 8];
        self.state.lock().unwrap_or_else(PoisonError::into_inner).fill(&mut bytes);
        u64::from_be_bytes(bytes)
    }
}

impl State {
    fn fill(&mut self, bytes: &mut [u8]) {
        match &mut self.seed {
            None => rand::fill(bytes).expect("the operating system gives random bytes"),
            // SplitMix64: good enough to be different every time, and the same in every run.
            Some(seed) => {
                for chunk in bytes.chunks_mut(8) {
                    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
                    let mut z = *seed;
                    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                    z ^= z >> 31;
                    chunk.copy_from_slice(&z.to_be_bytes()[..chunk.len()]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    #[test]
    fn ids_rise_even_when_the_clock_stands_still_or_goes_back() {
        let clock = Arc::new(ManualClock::new("2026-01-02T03:04:05Z".parse().unwrap()));
        let ids = Ids::seeded(1, clock.clone());
        let mut last = Uuid::nil();
        for round in 0..20_000 {
            if round == 10_000 {
                clock.set("2026-01-01T00:00:00Z".parse().unwrap());
            }
            let id = ids.next();
            assert!(id > last, "{id} after {last}");
            assert_eq!(id.get_version_num(), 7);
            last = id;
        }
    }

    #[test]
    fn seeded_sources_agree_and_system_ones_do_not() {
        let clock: SharedClock = Arc::new(ManualClock::new("2026-01-02T03:04:05Z".parse().unwrap()));
        assert_eq!(Ids::seeded(7, clock.clone()).secret(), Ids::seeded(7, clock.clone()).secret());
        assert_ne!(Ids::system(clock.clone()).secret(), Ids::system(clock).secret());
    }
}
