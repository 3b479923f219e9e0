//! Who writes which upload in this process, one at a time, and how the hash of each stands between two calls, so that going on needs no
//! second reading of what is there.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use crate::blob::Hash;

/// How often somebody who waits for a slot looks again, and how many times.
const PAUSE: Duration = Duration::from_millis(20);
const LOOKS: usize = 100;

/// The uploads that are being written, or were and may go on.
#[derive(Debug, Clone, Default)]
pub struct Slots(Arc<Mutex<HashMap<Uuid, Slot>>>);

#[derive(Debug)]
enum Slot {
    Taken,
    Left(Progress),
}

/// The hash of so many bytes.
#[derive(Debug, Clone)]
pub struct Progress {
    /// The hash.
    pub hash: Hash,
    /// How many bytes went through it.
    pub bytes: i64,
}

/// An upload that nobody else works on while this lives.
#[derive(Debug)]
pub struct Held {
    slots: Slots,
    id: Uuid,
    /// What is left for the next one.
    pub progress: Option<Progress>,
}

impl Slots {
    /// Takes an upload, unless somebody has it.
    #[must_use]
    pub fn take(&self, id: Uuid) -> Option<Held> {
        let progress = match self.lock().entry(id) {
            Entry::Vacant(free) => {
                free.insert(Slot::Taken);
                None
            }
            Entry::Occupied(mut slot) => match std::mem::replace(slot.get_mut(), Slot::Taken) {
                Slot::Taken => return None,
                Slot::Left(progress) => Some(progress),
            },
        };
        Some(Held {
            slots: self.clone(),
            id,
            progress,
        })
    }

    /// Takes an upload, waiting a little where somebody has it.
    pub async fn take_soon(&self, id: Uuid) -> Option<Held> {
        for _ in 0..LOOKS {
            if let Some(held) = self.take(id) {
                return Some(held);
            }
            tokio::time::sleep(PAUSE).await;
        }
        None
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Slot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        match self.progress.take() {
            Some(progress) => self.slots.lock().insert(self.id, Slot::Left(progress)),
            None => self.slots.lock().remove(&self.id),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_nothing_is_left_of_nothing() {
        let (slots, id) = (Slots::default(), Uuid::max());
        let mut held = slots.take(id).unwrap();
        assert!(held.progress.is_none() && slots.take(id).is_none() && slots.take(Uuid::nil()).is_some());
        held.progress = Some(Progress {
            hash: Hash::default(),
            bytes: 7,
        });
        drop(held);
        let mut held = slots.take(id).unwrap();
        assert_eq!(held.progress.take().map(|progress| progress.bytes), Some(7));
        drop(held);
        assert!(slots.lock().is_empty());
    }
}
