//! The moment at which an instance's certificate expires, as policies write it.

use std::fmt;

use serde::Serialize;

use crate::error::{Refusal, Rule};

/// A minute of the Gregorian calendar, in UTC. Keys in the order of the published texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Timepoint {
    day: u8,
    hour: u8,
    minute: u8,
    month: u8,
    year: u16,
}

impl Timepoint {
    /// The minute `year-month-day hour:minute`; years 1 to 9999.
    ///
    /// # Errors
    /// [`BadTimepoint`] names the first part that is out of range.
    pub fn new(year: u32, month: u32, day: u32, hour: u32, minute: u32) -> Result<Self, BadTimepoint> {
        let within = |name, value: u32, low, high| {
            let small = u16::try_from(value).ok().filter(|_| (low..=high).contains(&value));
            small.ok_or(BadTimepoint { part: name, value, low, high })
        };
        let year = within("year", year, 1, 9999)?;
        let month = within("month", month, 1, 12)?;
        let day = within("day", day, 1, days_in(year, month))?;
        let hour = within("hour", hour, 0, 23)?;
        let minute = within("minute", minute, 0, 59)?;
        // Each part but the year is below 60 now.
        Ok(Timepoint { day: day as u8, hour: hour as u8, minute: minute as u8, month: month as u8, year })
    }

    /// The year, 1 to 9999.
    pub fn year(&self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    pub fn month(&self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    pub fn day(&self) -> u8 {
        self.day
    }

    /// The hour, 0 to 23.
    pub fn hour(&self) -> u8 {
        self.hour
    }

    /// The minute, 0 to 59.
    pub fn minute(&self) -> u8 {
        self.minute
    }
}

fn days_in(year: u16, month: u16) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl fmt::Display for Timepoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Timepoint { year, month, day, hour, minute } = self;
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}Z")
    }
}

/// A part of a date that is out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {part} is {value}, it can be {low} to {high}")]
pub struct BadTimepoint {
    /// The key of the part.
    pub part: &'static str,
    /// Its value.
    pub value: u32,
    /// The smallest that the calendar has there.
    pub low: u32,
    /// The largest.
    pub high: u32,
}

impl From<BadTimepoint> for Refusal {
    fn from(error: BadTimepoint) -> Self {
        Refusal::new(Rule::BadDate, "a date of the calendar", error.to_string())
    }
}
