//! Walks a JSON value and its place together, so that whatever is refused is refused with its pointer.
//!
//! Shape is the schema's business: a value of the wrong type gives `None` here without a second complaint. Only what a
//! schema cannot say (ranges of numbers, meaning of texts) is reported.

use std::collections::HashMap;
use std::hash::Hash;

use serde_json::Value;

use crate::error::{Refusal, Report, Rule};
use crate::json::push_step;

/// A value and where it stands.
#[derive(Clone)]
pub(crate) struct Cursor<'v> {
    value: &'v Value,
    pointer: String,
}

const NOTHING: &Value = &Value::Null;

impl<'v> Cursor<'v> {
    pub(crate) fn root(value: &'v Value) -> Self {
        Cursor { value, pointer: String::new() }
    }

    /// The member `key`; absent and `null` are the same to every reader of these documents.
    pub(crate) fn optional(&self, key: &str) -> Option<Cursor<'v>> {
        let value = self.value.get(key).filter(|value| !value.is_null())?;
        Some(Cursor { value, pointer: self.step(key) })
    }

    /// The member `key`, reported where the published schema forgets to require it.
    pub(crate) fn required(&self, key: &str, report: &mut Report) -> Option<Cursor<'v>> {
        let member = self.optional(key);
        if member.is_none() && self.value.is_object() && self.value.get(key).is_none() {
            report.add(&self.pointer, missing(key));
        }
        member
    }

    /// The items, if it is an array.
    pub(crate) fn items(&self) -> Option<Vec<Cursor<'v>>> {
        let list = self.value.as_array()?;
        Some(list.iter().enumerate().map(|(i, value)| Cursor { value, pointer: self.step(&i.to_string()) }).collect())
    }

    /// The place of item `position`, for complaints about it.
    pub(crate) fn at(&self, position: usize) -> Cursor<'v> {
        Cursor { value: self.value.get(position).unwrap_or(NOTHING), pointer: self.step(&position.to_string()) }
    }

    pub(crate) fn text(&self) -> Option<&'v str> {
        self.value.as_str()
    }

    pub(crate) fn flag(&self) -> Option<bool> {
        self.value.as_bool()
    }

    /// A number of 32 bits without sign, as most numbers of the four documents are.
    pub(crate) fn number(&self, report: &mut Report) -> Option<u32> {
        self.number_from(0, report)
    }

    /// The same, with a lower bound.
    pub(crate) fn number_from(&self, low: u32, report: &mut Report) -> Option<u32> {
        let small = self.raw_number().and_then(|number| u32::try_from(number).ok()).filter(|number| *number >= low);
        if small.is_none() {
            self.refuse_number(format!("a whole number from {low} to {}", u32::MAX), report);
        }
        small
    }

    /// A number of 64 bits with sign.
    pub(crate) fn integer(&self, report: &mut Report) -> Option<i64> {
        let integer = self.value.as_i64();
        if integer.is_none() {
            self.refuse_number(format!("a whole number from {} to {}", i64::MIN, i64::MAX), report);
        }
        integer
    }

    pub(crate) fn raw_number(&self) -> Option<u64> {
        self.value.as_u64()
    }

    /// Complains about a number that the schema lets pass; `1.0` is an integer to JSON Schema and to no reader here.
    fn refuse_number(&self, expected: String, report: &mut Report) {
        if let Value::Number(number) = self.value
            && number.as_f64().is_some_and(|number| number.fract() == 0.0)
        {
            self.refuse(report, Refusal::new(Rule::OutOfRange, expected, number.to_string()));
        }
    }

    pub(crate) fn refuse(&self, report: &mut Report, refusal: Refusal) {
        report.add(&self.pointer, refusal);
    }

    /// The value of a parse, or its refusal reported here.
    pub(crate) fn keep<T>(&self, parsed: Result<T, Refusal>, report: &mut Report) -> Option<T> {
        parsed.map_err(|refusal| self.refuse(report, refusal)).ok()
    }

    /// A text that `parse` understands.
    pub(crate) fn parsed<T>(
        &self,
        report: &mut Report,
        parse: impl FnOnce(&'v str) -> Result<T, Refusal>,
    ) -> Option<T> {
        let text = self.text()?;
        self.keep(parse(text), report)
    }

    fn step(&self, step: &str) -> String {
        let mut pointer = self.pointer.clone();
        push_step(&mut pointer, step);
        pointer
    }
}

/// The violation of a required key that is absent.
pub(crate) fn missing(key: &str) -> Refusal {
    Refusal::new(Rule::MissingField, format!("the key `{key}`"), "no such key")
}

/// Reads each item; `None` as soon as one cannot be read, after all have been looked at.
pub(crate) fn each<'v, T>(
    list: &Cursor<'v>,
    report: &mut Report,
    mut read: impl FnMut(&Cursor<'v>, &mut Report) -> Option<T>,
) -> Option<Vec<T>> {
    let items = list.items()?;
    let read: Vec<Option<T>> = items.iter().map(|item| read(item, report)).collect();
    read.into_iter().collect()
}

/// Reports every item of `list` whose `key` an earlier item has; `member` is where in the item the key stands.
pub(crate) fn refuse_repeats<'v, K: Hash + Eq>(
    list: &Cursor<'v>,
    report: &mut Report,
    member: &str,
    rule: Rule,
    key: impl Fn(&Cursor<'v>) -> Option<K>,
) {
    let mut seen: HashMap<K, usize> = HashMap::new();
    for (position, item) in list.items().unwrap_or_default().iter().enumerate() {
        let Some(value) = key(item) else { continue };
        let first = *seen.entry(value).or_insert(position);
        if first != position {
            let refusal = Refusal::new(
                rule,
                format!("a {member} that no other item has"),
                format!("the {member} of item {first} again"),
            );
            report.add(&item.step(member), refusal);
        }
    }
}
