//! The grammar of Darknet's cfg files: sections, options, comments. It knows nothing of layers.
//!
//! As Darknet reads them: blanks count nowhere, a line that starts with `#` or `;` is a comment, and of an option that
//! stands twice in a section the first counts. A comment may also follow a value.

use crate::error::{Error, Fault};
use crate::limits;

/// `[name]` and what follows, up to the next section.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) name: String,
    pub(crate) line: usize,
    options: Vec<(String, String, usize)>,
}

/// The sections of a cfg in their order.
pub(crate) fn sections(text: &str) -> Result<Vec<Section>, Error> {
    if text.len() > limits::MAX_CFG_BYTES {
        return Err(Error::CfgTooLarge { length: text.len() });
    }
    let mut sections: Vec<Section> = Vec::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text); // what some editors start a text with
    for (line, text) in (1..).zip(text.lines()) {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        if text.is_empty() || text.starts_with(['#', ';']) {
            continue;
        }
        let at = |section: &str, fault| Error::Cfg { line, section: section.to_owned(), fault };
        if let Some(rest) = text.strip_prefix('[') {
            let Some((name, "")) = rest.split_once(']').map(|(name, rest)| (name, before_comment(rest))) else {
                return Err(at("", Fault::NotALine(shown(&text))));
            };
            if sections.len() > limits::MAX_LAYERS {
                let most = limits::MAX_LAYERS as u64;
                return Err(at(name, Fault::TooMany { what: "layers", number: most + 1, most }));
            }
            sections.push(Section { name: shown(name), line, options: Vec::new() });
            continue;
        }
        let Some(section) = sections.last_mut() else {
            return Err(at("", Fault::NoSection));
        };
        let Some((key, value)) = text.split_once('=') else {
            return Err(at(&section.name, Fault::NotALine(shown(&text))));
        };
        section.options.push((key.to_owned(), before_comment(value).to_owned(), line));
    }
    Ok(sections)
}

fn before_comment(value: &str) -> &str {
    value.split(['#', ';']).next().unwrap_or_default()
}

/// As much of an untrusted text as a message can hold.
fn shown(text: &str) -> String {
    const MOST: usize = 60;
    let mut shown: String = text.chars().filter(|c| !c.is_control()).take(MOST).collect();
    if text.chars().count() > MOST {
        shown.push('…');
    }
    shown
}

impl Section {
    /// An error about the section itself.
    pub(crate) fn fault(&self, fault: Fault) -> Error {
        Error::Cfg { line: self.line, section: self.name.clone(), fault }
    }

    /// An error about one of its options.
    pub(crate) fn fault_of(&self, key: &str, fault: Fault) -> Error {
        let line = self.option(key).map_or(self.line, |(_, line)| line);
        Error::Cfg { line, section: self.name.clone(), fault }
    }

    /// A whole number of `least` to `most`; without a `default` the option must be there.
    pub(crate) fn number(
        &self,
        key: &'static str,
        default: Option<usize>,
        (least, most): (usize, usize),
    ) -> Result<usize, Error> {
        let Some((value, _)) = self.option(key) else {
            return default.ok_or_else(|| self.fault(Fault::Missing(key)));
        };
        let value = self.integer(key, value)?;
        usize::try_from(value).ok().filter(|number| (least..=most).contains(number)).ok_or_else(|| {
            let [least, most] = [least, most].map(|bound| i64::try_from(bound).unwrap_or(i64::MAX));
            self.fault_of(key, Fault::OutOfRange { key, value, least, most })
        })
    }

    /// `value1,value2,…`; none where the option is missing. A comma may end the list.
    pub(crate) fn integers(&self, key: &'static str) -> Result<Vec<i64>, Error> {
        self.list(key).map(|item| self.integer(key, item)).collect()
    }

    /// The same for numbers with fractions.
    pub(crate) fn fractions(&self, key: &'static str) -> Result<Vec<f32>, Error> {
        let parse = |item: &str| item.parse().ok().filter(|number: &f32| number.is_finite());
        let malformed = |item| self.malformed(key, item, "a number");
        self.list(key).map(|item| parse(item).ok_or_else(|| malformed(item))).collect()
    }

    /// The option's text.
    pub(crate) fn word(&self, key: &str) -> Option<&str> {
        self.option(key).map(|(value, _)| value)
    }

    /// Whether an option is set: to any number but 0, as Darknet has it.
    pub(crate) fn flag(&self, key: &'static str) -> Result<bool, Error> {
        self.word(key).map_or(Ok(false), |value| Ok(self.integer(key, value)? != 0))
    }

    /// Refuses every value of an option but the one that means the same as its absence.
    pub(crate) fn only(&self, key: &'static str, only: &'static str) -> Result<(), Error> {
        let number = |text: &str| text.parse::<f32>().ok();
        let same = |value: &str| value == only || number(value).is_some_and(|value| Some(value) == number(only));
        match self.word(key) {
            Some(value) if !same(value) => Err(self.unsupported(key, only)),
            _ => Ok(()),
        }
    }

    /// Refuses an option's value, of which only `only` is known here.
    pub(crate) fn unsupported(&self, key: &'static str, only: &'static str) -> Error {
        let value = shown(self.word(key).unwrap_or_default());
        self.fault_of(key, Fault::Unsupported { key, value, only })
    }

    fn option(&self, key: &str) -> Option<(&str, usize)> {
        self.options.iter().find(|(name, ..)| name == key).map(|(_, value, line)| (value.as_str(), *line))
    }

    fn list(&self, key: &str) -> impl Iterator<Item = &str> {
        let text = self.word(key).unwrap_or_default();
        text.strip_suffix(',').unwrap_or(text).split(',').filter(move |_| !text.is_empty())
    }

    fn integer(&self, key: &'static str, value: &str) -> Result<i64, Error> {
        value.parse().map_err(|_| self.malformed(key, value, "a whole number"))
    }

    fn malformed(&self, key: &'static str, value: &str, wanted: &'static str) -> Error {
        self.fault_of(key, Fault::Malformed { key, value: shown(value), wanted })
    }
}
