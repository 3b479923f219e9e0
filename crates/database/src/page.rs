//! The size of a page.

/// Rows of a page when the caller names no size.
pub const DEFAULT_SIZE: u64 = 50;
/// Rows of the largest page.
pub const LARGEST_SIZE: u64 = 200;

/// The size to answer with. Requests with a negative size were refused before.
#[must_use]
pub fn size(requested: i32) -> u64 {
    match u64::try_from(requested) {
        Ok(0) | Err(_) => DEFAULT_SIZE,
        Ok(size) => size.min(LARGEST_SIZE),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn sizes_are_bounded() {
        assert_eq!([0, 1, 50, 200, 201, i32::MAX, -1].map(super::size), [50, 1, 50, 200, 200, 200, 50]);
    }
}
