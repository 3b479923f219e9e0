//! Where a number stands: the page of a project, or of a person in a project, and the field on it.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use uuid::Uuid;

/// A calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i16,
    month: i8,
}

impl Month {
    /// The month of a day.
    #[must_use]
    pub fn of(day: Date) -> Self {
        Self {
            year: day.year(),
            month: day.month(),
        }
    }

    /// The month after it.
    #[must_use]
    pub fn next(self) -> Self {
        if self.month == 12 {
            Self {
                year: self.year + 1,
                month: 1,
            }
        } else {
            Self {
                month: self.month + 1,
                ..self
            }
        }
    }

    /// As it is part of the name of a field: six digits.
    #[must_use]
    pub fn digits(self) -> String {
        format!("{:04}{:02}", self.year, self.month)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// Which page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Page {
    /// What is now: `k<category>` live tasks, `o<yyyymm>` open tasks by the month of their deadline in UTC.
    Now,
    /// What happened in a month of the project's zone: `c<dd>` tasks made, `d<dd>` tasks done.
    Days(Month),
    /// How the stock of live tasks changed in a month of the project's zone: `k<category>_<dd>`, signed.
    Stock(Month),
    /// Open tasks whose deadline is in a month of UTC: `o<dd>` by day.
    DueDays(Month),
    /// Open tasks whose deadline is on a day of UTC: `o<mmmm>` by minute of the day.
    DueMinutes(Date),
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now => f.write_str("now"),
            Self::Days(month) => write!(f, "days|{month}"),
            Self::Stock(month) => write!(f, "stock|{month}"),
            Self::DueDays(month) => write!(f, "due|{month}"),
            Self::DueMinutes(day) => write!(f, "due|{day}"),
        }
    }
}

/// Whose page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The project.
    pub project_id: Uuid,
    /// The person in it; none for the project as a whole.
    pub user_id: Option<Uuid>,
    /// Which page.
    pub page: Page,
}

/// Signed changes of numbers. Those that are zero are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<Address, BTreeMap<String, i64>>);

impl Tally {
    /// Adds to a number.
    pub fn add(&mut self, address: Address, field: String, amount: i64) {
        use std::collections::btree_map::Entry;
        let page = self.0.entry(address).or_default();
        match page.entry(field) {
            Entry::Vacant(entry) => {
                if amount != 0 {
                    entry.insert(amount);
                }
            }
            Entry::Occupied(mut entry) => {
                *entry.get_mut() += amount;
                if *entry.get() == 0 {
                    entry.remove();
                }
            }
        }
        if page.is_empty() {
            self.0.remove(&address);
        }
    }

    /// Adds all of another, `sign` times.
    pub fn merge(&mut self, other: &Self, sign: i64) {
        for (address, fields) in &other.0 {
            for (field, amount) in fields {
                self.add(*address, field.clone(), amount * sign);
            }
        }
    }

    /// The pages that change, and how.
    pub fn pages(&self) -> impl Iterator<Item = (&Address, &BTreeMap<String, i64>)> {
        self.0.iter()
    }

    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn what_cancels_out_is_nothing() {
        let address = Address {
            project_id: Uuid::from_u128(1),
            user_id: None,
            page: Page::Now,
        };
        let mut tally = Tally::default();
        tally.add(address, "k1".to_owned(), 1);
        tally.add(address, "k2".to_owned(), 2);
        let other = tally.clone();
        tally.merge(&other, -1);
        assert!(tally.is_empty());
        tally.add(address, "k1".to_owned(), 0);
        assert!(tally.is_empty());
    }

    #[test]
    fn months_follow_each_other_and_sort_as_text() {
        let december = Month::of(date(2026, 12, 31));
        assert_eq!(
            (december.to_string(), december.next().to_string()),
            ("2026-12".to_owned(), "2027-01".to_owned())
        );
        assert_eq!(Month::of(date(33, 2, 1)).digits(), "003302");
        assert_eq!(Page::DueMinutes(date(2026, 5, 1)).to_string(), "due|2026-05-01");
    }
}
