//! Accounts of people.

mod register;
