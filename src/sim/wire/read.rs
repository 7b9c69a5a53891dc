//! Parameters that are more than text.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::super::records::Tags;
use super::super::refusal::Refusal;
use super::query::Query;
use super::tags;

/// A time as callers write it.
struct Time(Timestamp);

impl FromStr for Time {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(time) = text.parse() {
            return Ok(Self(time));
        }
        let civil: DateTime = text.strip_suffix('Z').unwrap_or(text).parse()?;
        // Some callers write the end of the year 9999, which is a day after the calendar's.
        Ok(Self(TimeZone::UTC.to_timestamp(civil).unwrap_or(Timestamp::MAX)))
    }
}

const LONGEST_TOKEN: usize = 64;

impl Query {
    /// A yes or no; no where nothing is said.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Refusal> {
        Ok(self.parsed::<bool>(name, "Expecting a boolean.")?.unwrap_or_default())
    }

    /// A whole number.
    pub(super) fn number(&self, name: &str) -> Result<Option<u32>, Refusal> {
        self.parsed(name, "Expecting a number.")
    }

    /// A time: one without a zone is meant in UTC, and one after all that the calendar holds is its last.
    pub(super) fn time(&self, name: &str) -> Result<Option<Timestamp>, Refusal> {
        let time: Option<Time> = self.parsed(name, "Expecting a time, such as 2026-01-01T00:00:00Z.")?;
        Ok(time.map(|time| time.0))
    }

    fn parsed<T: FromStr>(&self, name: &str, expected: &str) -> Result<Option<T>, Refusal> {
        let invalid =
            |value| Refusal::parameter(format!("Value ( {value} ) for parameter {name} is invalid. {expected}"));
        self.get(name).map(|value| value.parse().map_err(|_| invalid(value))).transpose()
    }

    /// The token with which the call can be repeated. Source: EC2 API reference, RunInstances, `ClientToken`.
    pub(super) fn client_token(&self) -> Result<Option<&str>, Refusal> {
        let token = self.get("ClientToken");
        if token.is_some_and(|token| token.len() > LONGEST_TOKEN || !token.is_ascii()) {
            let message = format!("The parameter ClientToken has {LONGEST_TOKEN} ASCII characters at most.");
            return Err(Refusal::parameter(message));
        }
        Ok(token)
    }

    /// The tags for each type of thing that the call makes.
    ///
    /// # Errors
    /// When it makes no such thing, or a tag cannot be.
    pub(super) fn tag_specifications(&self, makes: &[&str]) -> Result<BTreeMap<String, Tags>, Refusal> {
        let mut found: BTreeMap<String, Tags> = BTreeMap::new();
        for group in self.groups("TagSpecification") {
            let resource = self.get(&format!("{group}.ResourceType")).unwrap_or_default();
            if !makes.contains(&resource) {
                let message = format!("'{resource}' is not a valid taggable resource type for this operation.");
                return Err(Refusal::parameter(message));
            }
            tags::add(self, &format!("{group}.Tag"), found.entry(resource.to_owned()).or_default())?;
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_of_its_kind_is_refused() {
        let query = Query::parse("A=true&B=yes&C=7&D=-7&E=2026-01-01T00%3A00%3A00Z&F=soon", b"");
        assert_eq!((query.flag("A"), query.flag("Z")), (Ok(true), Ok(false)));
        assert_eq!((query.number("C"), query.number("Z")), (Ok(Some(7)), Ok(None)));
        assert!(query.time("E").unwrap().is_some());
        assert!(query.flag("B").is_err() && query.number("D").is_err() && query.time("F").is_err());
    }
}
