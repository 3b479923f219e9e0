//! What became of the events of one batch, told by librdkafka one by one and out of order, and awaited as a whole.

use std::sync::{Arc, Mutex, PoisonError};

use rdkafka::error::KafkaError;
use rdkafka::message::DeliveryResult;
use rdkafka::producer::ProducerContext;
use rdkafka::{ClientContext, config::RDKafkaLogLevel};
use tokio::sync::Notify;

use super::librdkafka;

/// A batch on its way.
#[derive(Debug)]
pub(super) struct Batch {
    outcomes: Mutex<Outcomes>,
    done: Notify,
}

#[derive(Debug)]
struct Outcomes {
    taken: Vec<bool>,
    open: usize,
    error: Option<KafkaError>,
}

/// An event of a batch, while librdkafka has it.
#[derive(Debug)]
pub(super) struct Place {
    batch: Arc<Batch>,
    index: usize,
}

impl Batch {
    /// A batch of so many events.
    pub(super) fn of(count: usize) -> Arc<Self> {
        Arc::new(Self {
            outcomes: Mutex::new(Outcomes {
                taken: vec![false; count],
                open: count,
                error: None,
            }),
            done: Notify::new(),
        })
    }

    /// One of its events.
    pub(super) fn place(self: &Arc<Self>, index: usize) -> Box<Place> {
        let batch = Arc::clone(self);
        Box::new(Place { batch, index })
    }

    /// An event was taken or not.
    pub(super) fn report(&self, index: usize, outcome: Result<(), KafkaError>) {
        let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Ok(()) => outcomes.taken[index] = true,
            Err(error) => outcomes.error = outcomes.error.take().or(Some(error)),
        }
        outcomes.open -= 1;
        if outcomes.open == 0 {
            self.done.notify_one();
        }
    }

    /// Waits until all are known.
    pub(super) async fn finished(&self) {
        while self.outcomes.lock().unwrap_or_else(PoisonError::into_inner).open > 0 {
            self.done.notified().await;
        }
    }

    /// How many were taken before the first that was not, and the first error.
    pub(super) fn taken(&self) -> (usize, Option<KafkaError>) {
        let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        let count = outcomes.taken.iter().take_while(|taken| **taken).count();
        (count, outcomes.error.take())
    }
}

/// Hears what becomes of events.
#[derive(Debug)]
pub(super) struct Hearing;

impl ClientContext for Hearing {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        librdkafka::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        librdkafka::tell(&error, reason);
    }
}

impl ProducerContext for Hearing {
    type DeliveryOpaque = Box<Place>;

    fn delivery(&self, result: &DeliveryResult<'_>, place: Box<Place>) {
        let outcome = match result {
            Ok(_) => Ok(()),
            Err((error, _)) => Err(error.clone()),
        };
        place.batch.report(place.index, outcome);
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::error::RDKafkaErrorCode;

    use super::*;

    #[tokio::test]
    async fn only_a_beginning_counts() {
        let batch = Batch::of(4);
        let refused = || KafkaError::MessageProduction(RDKafkaErrorCode::PurgeQueue);
        for (index, outcome) in [(3, Ok(())), (0, Ok(())), (2, Err(refused()))] {
            batch.report(index, outcome);
        }
        assert!(futures_util::FutureExt::now_or_never(batch.finished()).is_none(), "one is open");
        batch.report(1, Ok(()));
        batch.finished().await;
        let (taken, error) = batch.taken();
        assert_eq!((taken, error), (2, Some(refused())));
    }
}
