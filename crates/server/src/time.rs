//! Moments on the wire: `jiff::Timestamp` to and from `google.protobuf.Timestamp`.

use jiff::Timestamp;

/// A moment as the API sends it.
#[must_use]
pub fn to_proto(moment: Timestamp) -> prost_types::Timestamp {
    // jiff counts nanoseconds towards zero before 1970, protobuf always forward.
    let (mut seconds, mut nanos) = (moment.as_second(), moment.subsec_nanosecond());
    if nanos < 0 {
        seconds -= 1;
        nanos += 1_000_000_000;
    }
    prost_types::Timestamp { seconds, nanos }
}

/// A moment that a client sent; `None` outside the years 1 to 9999.
#[must_use]
pub fn from_proto(moment: &prost_types::Timestamp) -> Option<Timestamp> {
    Timestamp::new(moment.seconds, moment.nanos).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_survive_the_wire() {
        for text in ["1969-12-31T23:59:59.25Z", "1970-01-01T00:00:00Z", "2026-11-22T14:03:00.000001Z"] {
            let moment: Timestamp = text.parse().unwrap();
            assert!(to_proto(moment).nanos >= 0);
            assert_eq!(from_proto(&to_proto(moment)), Some(moment));
        }
    }
}
