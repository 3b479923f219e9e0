//! Whole journeys through the finished system, over its real port: what people do, and what nobody may.

mod browser;
mod facts;
mod garbage;
mod hidden;
mod internal;
mod raw;
mod rest;
mod secrets;
mod sessions;
mod strangers;
mod team;
