//! Deliveries that wait for the same lock, so that one of them counts all. Who leaves without waiting takes its events along.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::plan::Readable;

/// Events that are counted together at most, about.
const TOGETHER: usize = 1_000;

/// Those who wait.
#[derive(Debug, Default)]
pub struct Queue(Mutex<Vec<Weak<Ticket>>>);

/// One who waits.
#[derive(Debug)]
pub struct Ticket {
    events: Arc<[Readable]>,
    outcome: AtomicU8,
}

/// What became of one who waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Outcome {
    /// Nothing yet.
    Waiting,
    /// Somebody else counted its events.
    Counted,
    /// Together with others it did not work.
    Alone,
}

impl Queue {
    /// Begins to wait.
    pub fn join(&self, events: Arc<[Readable]>) -> Arc<Ticket> {
        let ticket = Arc::new(Ticket {
            events,
            outcome: AtomicU8::new(Outcome::Waiting as u8),
        });
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push(Arc::downgrade(&ticket));
        ticket
    }

    /// Takes those who wait beside `own` out of the queue, the oldest first, as many as one batch may have; and `own` itself.
    pub fn take_others(&self, own: &Arc<Ticket>) -> Vec<Arc<Ticket>> {
        let mut room = TOGETHER.saturating_sub(own.events.len());
        let (mut taken, mut left) = (Vec::new(), Vec::new());
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for weak in waiting.drain(..) {
            // Gone, or already told what became of it.
            let Some(ticket) = weak.upgrade().filter(|ticket| ticket.outcome() == Outcome::Waiting) else {
                continue;
            };
            if Arc::ptr_eq(&ticket, own) {
                continue;
            }
            if ticket.events.len() <= room {
                room -= ticket.events.len();
                taken.push(ticket);
            } else {
                left.push(weak);
            }
        }
        *waiting = left;
        taken
    }
}

impl Ticket {
    /// Its events.
    pub fn events(self: &Arc<Self>) -> &[Readable] {
        &self.events
    }

    /// What became of it.
    pub fn outcome(&self) -> Outcome {
        match self.outcome.load(Ordering::Acquire) {
            0 => Outcome::Waiting,
            1 => Outcome::Counted,
            _ => Outcome::Alone,
        }
    }

    /// Its events are counted.
    pub fn counted(self: &Arc<Self>) {
        self.outcome.store(Outcome::Counted as u8, Ordering::Release);
    }

    /// It has to count its events alone.
    pub fn alone(self: &Arc<Self>) {
        self.outcome.store(Outcome::Alone as u8, Ordering::Release);
    }
}
