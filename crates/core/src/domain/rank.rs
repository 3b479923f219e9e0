//! Ranks: strings whose byte order is the order of the tasks of a project. Nobody is ever renumbered.
//!
//! There are two kinds. A *counted* rank has eleven characters: `h` and a growing number for a task put last, `g` and a falling number
//! for one put first; SQL makes them from the project's counters in the same form as here. A rank *between* two others is base 62 in
//! ASCII order, has at least twelve characters and never ends in `0`. Hence no rank is another one followed by zeros, and between any
//! two there is always room for one more.

use std::fmt;

/// Place of a task in its project. Ranks sort by their bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rank(String);

/// The text is no rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a rank has letters and digits only")]
pub struct BadRank;

/// The lower neighbour does not sort before the upper one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no place lies between these two ranks")]
pub struct NoGap;

/// The highest number that a counter may reach: eleven characters hold ten digits.
pub const MAX_COUNTER: u64 = 9_999_999_999;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE: u128 = 62;
const COUNTED_LENGTH: usize = 11;
/// A gap must be at least this wide before it is divided, so that two who divide it at once rarely choose the same place.
const WIDE_ENOUGH: u128 = 1000;

impl Rank {
    /// The rank of the task that is put last as number `counter` (from 1).
    pub fn appended(counter: u64) -> Self {
        Self(format!("h{:010}", counter.min(MAX_COUNTER)))
    }

    /// The rank of the task that is put first as number `counter` (from 1).
    pub fn fronted(counter: u64) -> Self {
        Self(format!("g{:010}", MAX_COUNTER - counter.min(MAX_COUNTER)))
    }

    /// A rank strictly between two others. `jitter` moves it a little about the middle.
    pub fn between(lower: &Self, upper: &Self, jitter: u16) -> Result<Self, NoGap> {
        if lower >= upper {
            return Err(NoGap);
        }

        // The gap is measured in units of the last digit taken, beginning with one digit and taking ever more.
        let mut digits = Vec::new();
        let mut gap = 0;
        while digits.len() <= COUNTED_LENGTH || gap < WIDE_ENOUGH {
            let (low, high) = (lower.digit(digits.len()), upper.digit(digits.len()));
            digits.push(low);
            gap = gap * BASE + high - low;
        }

        let middle_quarter = gap / 4;
        add(&mut digits, gap * 3 / 8 + u128::from(jitter) % middle_quarter);
        if digits.last() == Some(&0) {
            add(&mut digits, 1);
        }
        Ok(Self(digits.into_iter().map(|digit| char::from(DIGITS[digit as usize])).collect()))
    }

    /// Reads a rank from the database.
    pub fn parse(text: &str) -> Result<Self, BadRank> {
        let well_formed = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric());
        if well_formed { Ok(Self(text.to_owned())) } else { Err(BadRank) }
    }

    /// The rank as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digit at a place; behind the end there are zeros.
    fn digit(&self, place: usize) -> u128 {
        match self.0.as_bytes().get(place) {
            Some(b @ b'0'..=b'9') => u128::from(b - b'0'),
            Some(b @ b'A'..=b'Z') => u128::from(b - b'A') + 10,
            Some(b @ b'a'..=b'z') => u128::from(b - b'a') + 36,
            _ => 0,
        }
    }
}

impl fmt::Display for Rank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Adds to a number of base-62 digits, carrying from the last digit to the first.
fn add(digits: &mut [u128], step: u128) {
    let mut carry = step;
    for digit in digits.iter_mut().rev() {
        carry += *digit;
        *digit = carry % BASE;
        carry /= BASE;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_well_made(rank: &Rank) -> bool {
        rank.as_str().len() > COUNTED_LENGTH && !rank.as_str().ends_with('0') && Rank::parse(rank.as_str()).as_ref() == Ok(rank)
    }

    #[test]
    fn counted_ranks_have_the_form_that_sql_makes() {
        assert_eq!(Rank::appended(1).as_str(), "h0000000001");
        assert_eq!(Rank::appended(1234).as_str(), "h0000001234");
        assert_eq!(Rank::fronted(1).as_str(), "g9999999998");
        assert_eq!(Rank::fronted(2).as_str(), "g9999999997");
        assert!(Rank::fronted(2) < Rank::fronted(1));
        assert!(Rank::fronted(1) < Rank::appended(1));
    }

    #[test]
    fn neighbours_in_the_wrong_order_have_nothing_between_them() {
        let (one, two) = (Rank::appended(1), Rank::appended(2));
        assert_eq!(Rank::between(&two, &one, 0), Err(NoGap));
        assert_eq!(Rank::between(&one, &one, 0), Err(NoGap));
    }

    #[test]
    fn two_who_divide_the_same_gap_rarely_meet() {
        let (one, two) = (Rank::appended(1), Rank::appended(2));
        let places: std::collections::HashSet<_> = (0..500).map(|jitter| Rank::between(&one, &two, jitter).unwrap()).collect();
        assert!(places.len() > 450, "{} places of 500", places.len());
    }

    /// A task restored from the trash brings back its old rank, which may have become a neighbour of anything made since.
    #[test]
    fn there_is_room_beside_a_counted_rank_that_ends_in_zeros() {
        for jitter in [0, 1, 999, u16::MAX] {
            let made = Rank::between(&Rank::appended(5), &Rank::appended(15), jitter).unwrap();
            let restored = Rank::appended(10);
            let (low, high) = if made < restored { (&made, &restored) } else { (&restored, &made) };
            assert!(is_well_made(&Rank::between(low, high, jitter).unwrap()));
        }
    }

    #[test]
    fn what_is_no_rank_is_refused() {
        for text in ["", "h 1", "h-1", "hä"] {
            assert_eq!(Rank::parse(text), Err(BadRank), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn ranks_between_lie_between(inserts in prop::collection::vec((any::<prop::sample::Index>(), any::<u16>()), 1..200)) {
            let mut ranks = vec![Rank::fronted(1), Rank::appended(9), Rank::appended(10), Rank::appended(MAX_COUNTER)];
            for (index, jitter) in inserts {
                let place = index.index(ranks.len() - 1);
                let made = Rank::between(&ranks[place], &ranks[place + 1], jitter).unwrap();
                prop_assert!(is_well_made(&made), "{made}");
                prop_assert!(ranks[place] < made && made < ranks[place + 1], "{} {made} {}", ranks[place], ranks[place + 1]);
                ranks.insert(place + 1, made);
            }
        }

        #[test]
        fn two_hundred_inserts_at_one_spot_stay_short(jitters in prop::collection::vec(any::<u16>(), 200), above: bool) {
            let (mut lower, mut upper) = (Rank::appended(1), Rank::appended(2));
            for jitter in jitters {
                let made = Rank::between(&lower, &upper, jitter).unwrap();
                prop_assert!(made.as_str().len() <= 64, "{made}");
                if above { lower = made } else { upper = made }
            }
        }

        #[test]
        fn counted_ranks_sort_like_their_counters(a in 1..=MAX_COUNTER, b in 1..=MAX_COUNTER) {
            prop_assert_eq!(Rank::appended(a).cmp(&Rank::appended(b)), a.cmp(&b));
            prop_assert_eq!(Rank::fronted(a).cmp(&Rank::fronted(b)), b.cmp(&a));
            prop_assert!(Rank::fronted(a) < Rank::appended(b));
        }
    }
}
