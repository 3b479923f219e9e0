//! A request body on its way through that counts messages by their 5-byte prefix and stops at one that is too large, without decoding.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame};
use tonic::body::Body;

use crate::deadline::Deadline;

/// Says whether a body was stopped.
#[derive(Debug, Clone, Default)]
pub struct Stopped(Arc<AtomicBool>);

impl Stopped {
    /// Whether a message was too large.
    #[must_use]
    pub fn get(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// Follows the messages in a body by their prefixes, however the bytes are cut.
#[derive(Debug, Default)]
pub struct Meter {
    prefix: [u8; 5],
    have: usize,
    left: usize,
}

impl Meter {
    /// Whether all messages that begin in these bytes are at most this large.
    pub fn fits(&mut self, mut chunk: &[u8], limit: usize) -> bool {
        while !chunk.is_empty() {
            if self.left > 0 {
                let skip = self.left.min(chunk.len());
                self.left -= skip;
                chunk = &chunk[skip..];
                continue;
            }
            let take = (5 - self.have).min(chunk.len());
            self.prefix[self.have..self.have + take].copy_from_slice(&chunk[..take]);
            self.have += take;
            chunk = &chunk[take..];
            if self.have == 5 {
                self.have = 0;
                let [_, a, b, c, d] = self.prefix;
                self.left = u32::from_be_bytes([a, b, c, d]) as usize;
                if self.left > limit {
                    return false;
                }
            }
        }
        true
    }

    /// Whether no message has begun that has not ended.
    #[must_use]
    pub fn is_between_messages(&self) -> bool {
        self.have == 0 && self.left == 0
    }
}

/// A body whose messages have a largest size.
#[derive(Debug)]
pub struct Limited {
    inner: Body,
    limit: usize,
    meter: Meter,
    stopped: Stopped,
    deadline: Deadline,
}

impl Limited {
    /// Limits the messages of a body. What arrives counts as a sign of life.
    #[must_use]
    pub fn new(inner: Body, limit: usize, stopped: Stopped, deadline: Deadline) -> Self {
        Self {
            inner,
            limit,
            meter: Meter::default(),
            stopped,
            deadline,
        }
    }
}

impl HttpBody for Limited {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        let frame = std::task::ready!(Pin::new(&mut this.inner).poll_frame(context));
        if let Some(Ok(frame)) = &frame
            && let Some(chunk) = frame.data_ref()
        {
            this.deadline.touch();
            if !this.meter.fits(chunk, this.limit) {
                this.stopped.0.store(true, Ordering::SeqCst);
                return Poll::Ready(Some(Err("the message is too large".into())));
            }
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    // No size hint: around a translated body it is the length before the translation, and would go on as a wrong `content-length`.
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn however_the_bytes_are_cut_a_message_is_measured_alike(sizes in prop::collection::vec(0usize..50, 0..6), cut in 1usize..9, limit in 0usize..50) {
            let mut bytes = Vec::new();
            for size in &sizes {
                bytes.push(0);
                bytes.extend_from_slice(&u32::try_from(*size).unwrap().to_be_bytes());
                bytes.extend(std::iter::repeat_n(7u8, *size));
            }
            let mut meter = Meter::default();
            let fits = bytes.chunks(cut).all(|chunk| meter.fits(chunk, limit));
            prop_assert_eq!(fits, sizes.iter().all(|size| *size <= limit));
            prop_assert!(!fits || meter.is_between_messages());
        }
    }
}
